"""The ground: names of files, versions, errors, schemas, and small tools over Arrow and files."""
