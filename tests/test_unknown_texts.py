"""Unknown texts: their templates, how their codes are shown, and what comes near."""

from __future__ import annotations

import io
import random

import pytest

from factories import SLACK, event, write_export
from kit.analysis.unknown_texts import code_names
from kit.catalogue.explain import nearest_codes
from kit.commands.listing import listing, write
from kit.display.code_names import CodeNames, split_code
from kit.log.log import open_log
from kit.messages import fingerprint, is_fingerprint, parse, templates, wording
from kit.views import error_code_report, remediation_report, trends_report

SEGMENTS = ["The flux of segment north wobbles", "The flux of segment south wobbles",
            "The flux of segment 12b/x wobbles"]  # fmt: skip


def _log(tmp_path, texts, **more):
    events = [
        event(
            f"2026-10-2{1 + n % 7}T09:{n:02d}:00Z",
            reason=text,
            transaction=f"t{n}",
            app=SLACK,
            **more,
        )
        for n, text in enumerate(texts)
    ]
    return str(write_export(tmp_path / "log.ndjson", events))


def test_similar_texts_are_one_template_in_any_order() -> None:
    """What differs is marked; the order of the rows changes nothing."""
    texts = {text: wording(parse(text)) for text in [*SEGMENTS, "A quite different tale of woe"]}
    found = templates(texts)

    assert {found[text] for text in SEGMENTS} == {"The flux of segment … wobbles"}
    assert found["A quite different tale of woe"] == "A quite different tale of woe"
    keys = list(texts)
    for seed in range(10):
        random.Random(seed).shuffle(keys)
        assert templates({key: texts[key] for key in keys}) == found


def test_two_plain_words_in_a_place_are_two_faults() -> None:
    """They may be all that tells one fault from the other."""
    texts = ["The node cannot be promoted in the tree", "The node cannot be demoted in the tree"]

    assert templates({text: text for text in texts}) == {text: text for text in texts}


@pytest.mark.parametrize("texts", [{}, {"a": ""}, {"a": "", "b": "…"}, {"a": "x", "b": "<*> <*>"}])
def test_texts_of_no_words_have_templates(texts: dict[str, str]) -> None:
    """Whatever stands in a log is grouped."""
    assert templates(texts).keys() == texts.keys()


def test_a_wording_marks_people_and_values() -> None:
    """A person's name is no part of a template, though one text alone has it."""
    message = parse("Bob Ray (bray) wobbled at desk 12")

    assert wording(message, ["bray@example.com", "Bob Ray"]) == "… (…) wobbled at desk …"


def test_a_code_does_not_depend_on_the_rest_of_the_log(tmp_path) -> None:
    """The template does; the code is of one text."""
    rows = listing([_log(tmp_path, SEGMENTS)], since=None, until=None, app=None, code=None,
                   still_failing=False).rows  # fmt: skip

    assert sorted(rows["code"]) == sorted(fingerprint(parse(text)) for text in SEGMENTS)


def test_people_see_words_and_machines_the_code(tmp_path) -> None:
    """A terminal's table has both, CSV and frames the code alone."""
    source = _log(tmp_path, SEGMENTS[:1])
    code = fingerprint(parse(SEGMENTS[0]))
    found = listing([source], since=None, until=None, app=None, code=None, still_failing=False)
    table, csv = io.StringIO(), io.StringIO()
    write(found, "table", table)
    write(found, "csv", csv)

    assert f"The flux of segment north wobbles ({code})" in table.getvalue()
    assert f",{code}," in csv.getvalue()
    section = trends_report(source).by_code()
    assert list(section.frame["code"]) == [code]
    assert f"The flux of segment north wobbles <small>({code})</small>" in section.html()


def test_every_report_says_the_words(tmp_path) -> None:
    """Headline, heading, ticket and next steps; a parameter stays the code."""
    source = _log(tmp_path, SEGMENTS[:1])
    code = fingerprint(parse(SEGMENTS[0]))
    said = f"“The flux of segment north wobbles” ({code})"
    trends = trends_report(source)

    assert said in trends.headline().text()
    assert said in trends.summary().value["headline"]
    assert f'code="{code}"' in trends.next().text()
    assert trends.summary().value["results"]["by_code"][0]["code"] == code
    assert said in error_code_report(source, code=code).headline().text()
    assert said in remediation_report(source, code=code).ticket().text()


def test_similar_texts_are_one_row_of_the_unknown(tmp_path) -> None:
    """With the number of their codes and failures."""
    rows = trends_report(_log(tmp_path, SEGMENTS)).unknown().frame.to_dict("records")

    assert rows[0]["text"] == "The flux of segment … wobbles"
    assert (rows[0]["codes"], rows[0]["failures"]) == (3, 3)


def test_hostile_words_stay_words(tmp_path) -> None:
    """No tag, no escape sequence and no line of its own comes out of a template."""
    source = _log(tmp_path, ["The \x1b[31mflux <b onclick=x()>wobbles</b> &lt;i&gt; oddly\n# so"])
    report = trends_report(source)

    for section in (report.headline(), report.by_code(), report.unknown()):
        assert "<b" not in section.html().replace("<br", "")
        assert "\x1b" not in section.html() + section.text()


def test_a_long_template_is_cut_at_a_word() -> None:
    """The code stands behind it whole."""
    code = "UNKNOWN_0a1b2c3d"
    name = CodeNames({code: "flux " * 60}).name(code)

    assert len(name) < 120
    assert split_code(name)[1] == code


def test_a_code_of_oktas_is_no_unknown_text(tmp_path) -> None:
    """A log that has only known codes has no words for any."""
    assert not code_names(open_log(_log(tmp_path, ["UNKNOWN_USER"]))).words
    assert not is_fingerprint("UNKNOWN_USER")


def test_near_codes_are_of_the_same_subject_with_how_near() -> None:
    """One word in common is no subject."""
    near = nearest_codes("Cannot find licence seats left in the pool for this tenant")

    assert near
    assert all(0 < one.alike <= 1 and one.meaning for one in near)
    assert sorted(-one.alike for one in near) == [-one.alike for one in near]
    assert "team_license_limit" in [one.code for one in near]
    assert nearest_codes("Workspace domain of the address is not on the list") == ()
