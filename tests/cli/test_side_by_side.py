"""Two texts side by side in a terminal: marks, folds, and straight columns in any script."""

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builder.cli.side_by_side import LEAST_COLUMN, beside, cells, heads, listed
from builder.core.printable import BREAK, visible
from builder.diff.align import MOST_WORDS, Piece, align, words

LRM = "\N{LEFT-TO-RIGHT MARK}"


def shown(one: str, other: str, script: str = "Latn", width: int = 60, colour: bool = False) -> list[str]:
    return beside(align(one, other, script), script, width, colour)


SIDE_BY_SIDE: dict[str, tuple[str, str, list[str]]] = {
    "Latn": (
        "The ferry sails at noon. It carries forty cars.\n\nTickets are sold on board.",
        "The ferry sails at one. It carries forty cars, the owner says.\n\nTickets are sold on board.",
        [
            "The ferry sails at [-noon-]. │ The ferry sails at {+one+}.",
            "It carries forty cars.       │ It carries forty cars{+, the",
            "                             │ owner says+}.",
            "Tickets are sold on board.   │ Tickets are sold on board.",
        ],
    ),
    "Arab": (
        "قرر المجلس البلدي في المدينة مساء أمس إعادة افتتاح المسبح المغلق منذ ثلاث سنوات، بعد نقاش طويل.",
        "قرر المجلس البلدي في البلدة مساء أمس إعادة افتتاح المسبح المغلق منذ أربع سنوات، بعد نقاش قصير.",
        [
            f"{LRM}قرر المجلس البلدي في        {LRM} │ {LRM}قرر المجلس البلدي في",
            f"{LRM}[-المدينة-] مساء أمس إعادة  {LRM} │ {LRM}{{+البلدة+}} مساء أمس إعادة",
            f"{LRM}افتتاح المسبح المغلق منذ    {LRM} │ {LRM}افتتاح المسبح المغلق منذ",
            f"{LRM}[-ثلاث-] سنوات، بعد نقاش    {LRM} │ {LRM}{{+أربع+}} سنوات، بعد نقاش",
            f"{LRM}[-طويل-].                   {LRM} │ {LRM}{{+قصير+}}.",
        ],
    ),
    "Hans": (
        "青芦镇最后一艘木渡船退役三年之后，上周末换了一副模样重新下水。",
        "青芦镇最后一艘木渡船退役三年之后，前不久换了一副模样重新下水。",
        [
            "青芦镇最后一艘木渡船退役三年 │ 青芦镇最后一艘木渡船退役三年",
            "之后，[-上周末-]换了一副模样 │ 之后，{+前不久+}换了一副模样",
            "重新下水。                   │ 重新下水。",
        ],
    ),
    "Thai": (
        "เทศบาลประกาศเมื่อวานนี้ว่าสระว่ายน้ำที่ปิดมาสามปีจะเปิดอีกครั้งในเดือนหน้า",
        "เทศบาลประกาศเมื่อวานนี้ว่าสระว่ายน้ำที่ปิดมาสี่ปีจะเปิดอีกครั้งในเดือนมกราคม",
        [
            "เทศบาลประกาศเมื่อวานนี้ว่าสระว่าย  │ เทศบาลประกาศเมื่อวานนี้ว่าสระว่าย",
            "น้ำที่ปิดมา[-สาม-]ปีจะเปิดอีกครั้งในเ │ น้ำที่ปิดมา{+สี่+}ปีจะเปิดอีกครั้งในเดือ",
            "ดือน[-หน้า-]                   │ น{+มกราคม+}",
        ],
    ),
    "Deva": (
        "नगर परिषद ने कल शाम पुराने पुल को फिर से खोलने का निर्णय लिया।",
        "नगर परिषद ने आज शाम पुराने पुल को फिर से खोलने का निर्णय लिया।",
        [
            "नगर परिषद ने [-कल-] शाम पुराने  │ नगर परिषद ने {+आज+} शाम पुराने",
            "पुल को फिर से खोलने का निर्णय    │ पुल को फिर से खोलने का निर्णय",
            "लिया।                        │ लिया।",
        ],
    ),
}


@pytest.mark.parametrize("script", SIDE_BY_SIDE)
def test_differences_are_marked_in_level_columns(script: str) -> None:
    one, other, expected = SIDE_BY_SIDE[script]
    assert shown(one, other, script) == expected
    assert {cells(line.split("│")[0]) for line in expected} == {29}


def test_colours_take_the_place_of_the_marks() -> None:
    assert shown("He left at noon.", "He left by night.", colour=True) == [
        "He left \x1b[31;9mat noon\x1b[0m.             │ He left \x1b[32;4mby night\x1b[0m."
    ]


def test_a_colour_ends_with_each_line_and_goes_on_in_the_next() -> None:
    lines = shown("One. " + "wide " * 12 + "Two.", "One. Two.", colour=True)
    assert [line.split(" │")[0] for line in lines] == [
        "One. \x1b[31;9mwide wide wide wide\x1b[0m    ",
        "\x1b[31;9mwide wide wide wide wide\x1b[0m    ",
        "\x1b[31;9mwide wide wide\x1b[0m Two.         ",
    ]


def test_long_equal_stretches_are_folded() -> None:
    same = " ".join(f"word{number}" for number in range(100))
    lines = shown(f"{same} old {same}", f"{same} new {same}")
    folded = [line for line in lines if line.startswith("…")]
    assert folded == ["… (84 words the same) …"] * 2
    assert "word50" not in "".join(lines)
    assert {"word0", "word7", "word92", "word99", "[-old-]", "{+new+}"} <= set(" ".join(lines).split())
    assert shown("好" * 100, "好" * 100, "Hans")[2] == "… (68 characters the same) …"


def test_short_equal_stretches_are_not_folded() -> None:
    text = " ".join(f"word{number}" for number in range(23))
    assert not any(line.startswith("…") for line in shown(text, text))


def test_columns_are_level_again_after_a_long_difference() -> None:
    cut = "The end of it."
    lines = shown("Much more. " * 20 + cut, cut)
    assert lines[-1] == "The end of it.               │ The end of it."
    assert all(line.endswith("│") for line in lines[:-1])


def test_a_new_paragraph_break_is_marked() -> None:
    assert shown("One two.\n\nThree.", "One two. Three.") == [
        "One two.[-¶-]                │ One two. Three.",
        "Three.                       │",
    ]


def test_a_difference_begins_where_a_sentence_does() -> None:
    (_, gone) = align("He left. He smiled.", "He left.", "Latn")
    assert gone == Piece(False, ("He ", "smiled", "."), ())
    (_, new) = align("他走了。", "他走了。他笑了。", "Hans")
    assert new.other == tuple("他笑了。")


def test_words_shared_by_chance_do_not_break_up_a_difference() -> None:
    (piece,) = align("gulls circled the harbour all day", "nobody in the council knew why", "Latn")
    assert not piece.same


def test_case_punctuation_and_quotation_marks_are_differences_and_spaces_are_not() -> None:
    assert [piece for piece in align("“No,”  he said", "\"No\", he  Said", "Latn") if not piece.same] == [
        Piece(False, ("“",), ('"',)),
        Piece(False, (), ('"',)),
        Piece(False, ("” ",), ()),
        Piece(False, ("said",), ("Said",)),
    ]  # fmt: skip


LETTERS = st.sampled_from(
    [*"ab .\n", "ñ", "e\N{COMBINING ACUTE ACCENT}", "好", "ที่", "ك", "👩‍👧", "क्ष", "\x1b[2J", "\u202e"]
)
TEXT = st.lists(LETTERS, max_size=60).map("".join)
SCRIPT = st.sampled_from(["Latn", "Hans", "Thai", "Arab", None])


@given(TEXT, TEXT, SCRIPT)
def test_pieces_are_both_texts_word_by_word(one: str, other: str, script: str | None) -> None:
    pieces = align(one, other, script)
    for text, parts in ((one, [piece.one for piece in pieces]), (other, [piece.other for piece in pieces])):
        assert [word.rstrip(" ") for part in parts for word in part] == [
            word.rstrip(" ") for word in words(text, script)
        ]
    for piece in pieces:
        bare = [[word.rstrip(" ") for word in side] for side in (piece.one, piece.other)]
        assert bare[0] == bare[1] or not piece.same
    assert all(before.same != after.same for before, after in itertools.pairwise(pieces))


@given(TEXT, TEXT, SCRIPT, st.integers(43, 90), st.booleans())
def test_no_line_is_wider_than_the_terminal_and_each_has_its_border_in_place(
    one: str, other: str, script: str | None, width: int, colour: bool
) -> None:
    column = (width - 3) // 2
    for line in beside(align(visible(one), visible(other), script), script, width, colour):
        bare = visible(line).replace("[31;9m", "").replace("[32;4m", "").replace("[0m", "")
        left, border, right = bare.partition("│")
        assert border or left.startswith("… (")
        if border:
            assert cells(left) == column + 1
            assert cells(right) <= column + 1


def test_both_columns_have_all_their_words() -> None:
    chosen = random.Random(7)
    one = " ".join(chosen.choices([f"word{number}" for number in range(9)], k=200))
    other = " ".join(chosen.choices([f"word{number}" for number in range(9)], k=200))
    lines = [line.split("│") for line in shown(one, other) if "│" in line]
    for side, text in ((0, one), (1, other)):
        column = " ".join(line[side] for line in lines)
        for mark in ("[-", "-]", "{+", "+}"):
            column = column.replace(mark, "")
        assert column.split() == text.split()


def test_a_word_wider_than_its_column_is_broken() -> None:
    lines = shown("a" * 50, "b" * 50, width=43)
    assert [line.split(" │ ")[0].strip() for line in lines] == ["[-" + "a" * 18, "a" * 20, "a" * 12 + "-]"]


def test_a_narrow_terminal_gets_columns_that_can_be_read() -> None:
    assert all(line.index("│") == LEAST_COLUMN + 1 for line in shown("One two three.", "Four five six.", width=10))


def test_very_long_texts_are_aligned_as_far_as_memory_allows() -> None:
    text = "so " * (MOST_WORDS + 5)
    (piece,) = align(text, text, "Latn")
    assert len(piece.one) == MOST_WORDS


def test_control_characters_are_removed_from_heads_and_tables() -> None:
    assert heads(["a\x1b[2J"], ["b\u202e"], 43)[0] == "a[2J                 │ b"
    assert listed([["a\x07", "b"]], 80) == ["a  b"]


def test_right_to_left_cells_of_a_table_keep_their_columns() -> None:
    assert listed([["خبر", "نعم"], ["ab", "c"]], 80) == [f"{LRM}خبر{LRM}  {LRM}نعم", "ab   c"]


def test_a_break_is_a_word_of_its_own() -> None:
    assert words(" One. \n\n\n Two ", "Latn") == ["One", ".", BREAK, "Two"]
    assert words("", "Latn") == words(" \n ", "Hans") == []
