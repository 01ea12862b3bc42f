"""Files of other forms of the SEC are refused by name, with the file to use instead."""

from __future__ import annotations

import warnings

import pytest
from filings import filing, investment, written

from riskkit._core.errors import InvalidInput
from riskkit.read import nport

REMEDY = "use primary_doc.xml of the fund's Form N-PORT itself"


def of_form(form: str, namespace: str = "nport") -> str:
    """A filing of this submission type, which is in line 2."""
    header = f"<headerData><submissionType>{form}</submissionType></headerData>"
    content = filing(investment(1, name="A"), net=1).replace("<formData>", f"{header}<formData>")
    return content.replace("edgar/nport", f"edgar/{namespace}")


@pytest.mark.parametrize("form", ["NPORT-P", "NPORT-P/A", "NPORT-NP", "NPORT-NP/A", "NPORT-EX", "N-PORT", "nport-p"])
def test_every_variant_of_n_port_is_read(tmp_path, form):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert nport(written(tmp_path, of_form(form))).names == ("A",)


@pytest.mark.parametrize(
    ("form", "named"),
    [
        ("13F-HR", "this is a Form 13F, the US-listed holdings of a manager"),
        ("13F-NT/A", "this is a Form 13F, the US-listed holdings"),
        ("N-CSR", "this is a report to shareholders"),
        ("N-CSRS", "this is a report to shareholders"),
        ("N-CEN", "this is a Form N-CEN, a fund's yearly census"),
        ("N-MFP3", "this is a Form N-MFP, the holdings of a money market fund"),
        ("N-PX", "this is a Form N-PX, how a fund voted"),
        ("SCHEDULE 13G", "this is a Schedule 13D or 13G"),
        ("144", "this is a Form 144"),
        ("TA-1", REMEDY),
    ],
)
def test_another_form_is_refused_by_its_name(tmp_path, form, named):
    with pytest.raises(
        InvalidInput, match=r"line 2: <submissionType> must be an N-PORT's, such as NPORT-P, got"
    ) as error:
        nport(written(tmp_path, of_form(form, "other")))
    assert f"got '{form}'; {REMEDY}" in str(error.value)
    assert named in str(error.value)


@pytest.mark.parametrize(
    ("root", "named"),
    [
        ("informationTable", "the information table of a Form 13F"),
        ("ownershipDocument", "a Form 3, 4 or 5"),
        ("proxyVoteTable", "the votes of a Form N-PX"),
        ("xbrl", "an XBRL report, such as that of a Form N-CSR"),
        ("html", "a web page"),
        ("HTML", "a web page"),
        ("SEC-DOCUMENT", "the text of a whole submission, in which primary_doc.xml is one document"),
    ],
)
def test_another_root_is_refused_by_the_form_that_has_it(tmp_path, root, named):
    """At the root, whatever follows it: submission texts of EDGAR are not XML."""
    for content in (f"\n<{root}>\n<a>\n</{root}>", f"\n<n1:{root} xmlns:n1='u'><b/></n1:{root}>"):
        with pytest.raises(InvalidInput, match=f"line 2: the root must be <edgarSubmission>, got <{root}>; ") as error:
            nport(written(tmp_path, content))
        assert REMEDY in str(error.value)
        assert f"this is {named}" in str(error.value)


def test_a_form_with_its_type_elsewhere_is_named_too(tmp_path):
    content = (
        "<edgarSubmission><schemaVersion>X0708</schemaVersion><submissionType>D</submissionType></edgarSubmission>"
    )
    with pytest.raises(InvalidInput, match=r"line 1: <submissionType> must be .* got 'D'; .*this is a Form D"):
        nport(written(tmp_path, content))


def test_a_web_page_with_its_document_type_is_named(tmp_path):
    page = '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1.dtd">\n<html></html>'
    with pytest.raises(InvalidInput, match=r"line 1: must not declare .* got that of an HTML page; take the XML file"):
        nport(written(tmp_path, page))


def test_long_names_are_truncated(tmp_path):
    long = "x" * 5_000
    for content in (f"<{long}/>", of_form(long)):
        with pytest.raises(InvalidInput) as error:
            nport(written(tmp_path, content))
        assert len(str(error.value)) < 500
