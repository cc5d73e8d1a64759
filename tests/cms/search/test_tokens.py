"""The words of a text."""

from __future__ import annotations

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cms.search.tokens import fold, pieces, words_of


@given(st.text())
def test_the_pieces_of_a_text_are_the_text(text: str) -> None:
    split = list(pieces(text))
    assert "".join(word + gap for _, word, gap in split) == text
    assert [folded for folded, _, _ in split if folded] == words_of(text)


@given(st.text())
def test_a_word_is_found_by_what_it_is_written_like(text: str) -> None:
    for folded, word, _ in pieces(text):
        assert words_of(word) == ([folded] if folded else [])
        assert folded == fold(word)


@given(
    st.text(st.characters() | st.sampled_from("aB1 -_é\u0301汉字かな½ø\u00ad\u200b+#"), max_size=80)
)
def test_a_word_has_all_letters_and_numbers_beside_it(text: str) -> None:
    split = list(pieces(text))
    for folded, word, gap in split:
        assert all(unicodedata.category(char)[0] in "LNM" for char in folded)
        assert not any(unicodedata.category(char)[0] in "LN" for char in gap if char not in "ʻʼ")
        assert all(char in "+#" or is_of_word(char) for char in word)
    for (_, word, gap), (_, following, _) in pairwise(split):
        assert gap or not word or {len(fold(word)), len(fold(following))} & {1, 2}


def is_of_word(char: str) -> bool:
    return unicodedata.category(char)[0] in "LNM" or unicodedata.category(char) == "Cf"


@given(st.text())
def test_a_folded_word_is_folded_already(text: str) -> None:
    for word in words_of(text):
        assert fold(word) == word


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("Łódź", "lodz"),  # Polish
        ("Smørrebrød", "smorrebrod"),  # Danish
        ("Rømmegrøt", "rommegrot"),  # Norwegian
        ("Jönköping", "jonkoping"),  # Swedish
        ("Þingvellir", "thingvellir"),  # Icelandic
        ("Norðoyar", "nordoyar"),  # Faroese
        ("Đà Nẵng", "da nang"),  # Vietnamese
        ("Phở bò", "pho bo"),
        ("Ħamrun", "hamrun"),  # Maltese
        ("Iğdır", "igdir"),  # Turkish
        ("İZMİR", "izmir"),
        ("Gəncə", "gence"),  # Azerbaijani
        ("Đakovo", "dakovo"),  # Croatian
        ("Tromsø / Romsa", "tromso romsa"),
        ("Ŧŧ Ŋŋ", "tt ngng"),  # Northern Sami
        ("Œufs en cœur", "oeufs en coeur"),  # French
        ("Weißwürste in Gießen", "weisswurste in giessen"),  # German
        ("Castell de l’Aŀlota", "castell de l allota"),  # Catalan
        ("Plzeň, České Budějovice", "plzen ceske budejovice"),  # Czech
        ("Hódmezővásárhely", "hodmezovasarhely"),  # Hungarian
        ("Timișoara, Brașov", "timisoara brasov"),  # Romanian
        ("Šiauliai, Kėdainiai", "siauliai kedainiai"),  # Lithuanian
        ("São João, Maçã", "sao joao maca"),  # Portuguese
        ("Ɓauchi, Ƙofa", "bauchi kofa"),  # Hausa
        ("Qurʾān, ʿAmmān", "quran amman"),  # Arabic in Latin letters
        ("Oʻzbekiston", "o'zbekiston"),  # Uzbek
        ("Ærøskøbing Æbleskiver", "aeroskobing aebleskiver"),
        ("ΣΊΣΥΦΟΣ", "σίσυφος"),  # Greek
        ("Ёлка", "елка"),  # Russian
        ("памʼять", "пам'ять"),  # Ukrainian
        ("кафе\u0301", "кафе"),
        ("so\u00adft zero\u200bwidth", "soft zerowidth"),
        ("soft", "s\u00ado\u200df\u2060t\ufeff"),
        ("❤\ufe0f pizza 1\ufe0f\u20e3", "pizza 1"),
        ("葛\U000e0100城", "葛城"),
        ("C++, C# and F#", "c++ c# and f#"),
        ("C++", "cplusplus"),
        ("C++17", "c++ 17"),
        ("Node.js, .NET", "node.js net"),
        ("v1.2.3-beta", "V1.2.3 beta"),
        ("v1.2.3", "v 1.2.3"),
        ("ﬁn ½ Ⅳ", "fin 12 iv"),
    ],
)
def test_what_is_typed_has_the_words_of_what_is_written(written: str, typed: str) -> None:
    assert words_of(written) == words_of(typed)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1.2.3 1.2.30", ["1", "2", "3", "1", "2", "30"]),
        ("V100 v8 v2024 v1beta1", ["v100", "v", "8", "v2024", "v", "1beta1"]),
        ("C c+ c++x c#x x++ Notepad++", ["c", "c", "c", "x", "c", "x", "xplusplus", "notepad"]),
        ("ไทย\u200bภาษา", ["ไทย", "ภาษา"]),
        ("می\u200cخواهم", ["می", "خواهم"]),
        ("\u0301 \u00ad \ufe0f", []),
        ("हिन्दी プライバシー", ["हिनदी", *"フライハシー"]),
        ("ʔ ʾ", ["ʔ"]),
        ("l'homme don’t rock ʼn", ["l", "homme", "don", "t", "rock", "n"]),
    ],
)
def test_words_are_told_apart(text: str, words: list[str]) -> None:
    assert words_of(text) == words
