"""A release is verified by running it again: what was altered is named, verdicts are right, attestations hold."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
from pathlib import Path
from textwrap import dedent

import pytest
from PIL import Image
from projects import copy_of_the_project, run_analysis

from analysis.project_files import git
from analysis.review import altered, attestation, before_release, reproduced, verification
from analysis.review.altered import VerificationError
from analysis.review.verification import NOT_RUN, NOT_THE_SAME, SAME_BYTES, SAME_NUMBERS, Part

ROWS = "place,year,count\nSEN,2020,10\nSEN,2021,12\n"
TABLE = "row,rate,note\na,0.25,known\nb,1000.5,known\n"
PAGE = "<html><body><p>Of 1,000 victims 25% are children.</p><p>Nothing else is known.</p></body></html>"
NOTEBOOK = {"cells": [{"cell_type": "code", "source": ["1 + 1"], "metadata": {}}], "metadata": {}}
NAME = "west/SEN/trends"
STEM = "reports/west/SEN/trends"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def digests(content: object) -> str:
    return sha256(json.dumps(content, sort_keys=True).encode())


def write(folder: Path, files: dict[str, bytes]) -> None:
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


def products() -> dict[str, bytes]:
    return {f"{STEM}.html": PAGE.encode(), f"{STEM}_rates.csv": TABLE.encode()}


def confidential_products() -> dict[str, bytes]:
    return {"reports/west/GHA/trends.html": b"<p>Persons.</p>", "reports/west/GHA/trends_n.csv": b"n\n1\n2\n"}


@pytest.fixture
def project(tmp_path):
    """A tiny project with a release: one notebook of public data, one that read confidential data."""
    folder = tmp_path / "project"
    catalogue = {"counts": ("counts.csv", "public"), "persons": ("persons.csv", "confidential")}
    listed = "".join(f"{name}:\n  file: {file}\n  kind: {kind}\n" for name, (file, kind) in catalogue.items())
    inputs = {
        "src/analysis/__init__.py": b"",
        "requirements.lock": b"",
        "notebooks/trends.ipynb": json.dumps(NOTEBOOK).encode(),
        "data/raw/catalog.yml": listed.encode(),
        "data/raw/counts.csv": ROWS.encode(),
    }
    results = {**products(), **confidential_products()}
    write(folder, {**inputs, **results})
    subprocess.run(["git", "init", "-q", folder], check=True)
    subprocess.run(["git", "-C", folder, "add", "data"], check=True)
    who = ["-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run(["git", "-C", folder, *who, "commit", "-qm", "Data"], check=True)
    library = {"src/analysis/__init__.py": sha256(b"")}
    cells = digests([["code", "1 + 1", []]])
    file_ids = {path: path.removeprefix("reports/") for path in results}

    def run(name: str, paths: dict[str, bytes], data: str) -> dict:
        result = [{"@id": file_ids[path]} for path in paths]
        return {
            "@id": f"#run/{name}",
            "@type": "CreateAction",
            "object": {"@id": data},
            "result": result,
            "instrument": {"@id": "#n"},
        }

    graph = [
        run(NAME, products(), "#data/counts"),
        run("west/GHA/trends", confidential_products(), "#confidential-data"),
        {
            "@id": "#n",
            "@type": "SoftwareApplication",
            "name": "notebooks/trends.ipynb",
            "sha256": cells,
            "softwareRequirements": [{"@id": "#library/1"}, {"@id": "#requirements.lock/1"}],
        },
        {"@id": "#library/1", "@type": "SoftwareApplication", "sha256": digests(library)},
        {"@id": "#requirements.lock/1", "@type": "CreativeWork", "sha256": sha256(b"")},
        {"@id": "#data/counts", "@type": "CreativeWork", "identifier": "counts", "sha256": sha256(ROWS.encode())},
        *(
            {"@id": file_ids[path], "@type": "File", "name": path, "sha256": sha256(content)}
            for path, content in results.items()
        ),
    ]
    write(folder, {altered.CRATE: json.dumps({"@graph": graph}).encode()})
    return folder


@pytest.fixture(autouse=True)
def no_installed_libraries(monkeypatch, tmp_path):
    """Libraries of this machine are looked at by tests of their own."""
    monkeypatch.setattr(verification.provenance, "libraries", list)
    monkeypatch.setattr(verification, "COPIES", tmp_path / "copies")


def making(files: dict[str, bytes], failed: str = ""):
    """A run that makes these files, as `run` would stage them and `release` release them."""

    def run(copy: Path, arguments: list[str]) -> str:
        write(copy / ("" if arguments == ["release"] else "data/processed/staged"), files)
        return failed

    return run


PART = Part(areas=("SEN",))


def test_the_same_bytes_are_the_same_and_the_copy_has_inputs_but_no_outputs(project):
    seen = []

    def run(copy, arguments):
        seen.extend([arguments, sorted(path.name for path in copy.iterdir())])
        assert (copy / "data/raw/counts.csv").exists() and not (copy / "reports").exists()
        return making(products())(copy, arguments)

    outcome = verification.verify(project, PART, run)
    assert (outcome.verdict, outcome.alterations) == (SAME_BYTES, [])
    assert seen[0] == ["run", "--area", "SEN", "--analysis", "trends"] and ".git" not in seen[1]
    assert outcome.files == (2, 4) and outcome.numbers == (2, 4)
    assert not any(verification.COPIES.iterdir())


def test_the_whole_release_is_made_in_a_copy_whose_texts_are_committed_in_a_history_of_its_own(project):
    seen = []

    def run(copy, arguments):
        seen.append((arguments, git("ls-files", "--", "notebooks", folder=copy)))
        return making(products())(copy, arguments)

    heads = git("show-ref", folder=project)
    assert verification.verify(project, Part(), run).verdict == SAME_BYTES
    # A release searches for names, and leaves out words that committed texts have.
    assert seen == [([each], b"notebooks/trends.ipynb\n") for each in ("run", "release")]
    assert git("show-ref", folder=project) == heads


def test_why_a_command_failed_is_said_and_not_how_far_it_was(tmp_path):
    program = """
    import sys
    print("Nothing is released: a name was found.")
    print("Release: going on for 30 seconds.", file=sys.stderr)
    sys.exit(1)
    """
    write(tmp_path, {"src/analysis/__init__.py": b"", "src/analysis/__main__.py": dedent(program).encode()})
    said = verification.run_command(tmp_path, ["release"])
    assert said == "analysis release ended with 1: Nothing is released: a name was found."


def test_numbers_within_the_tolerance_are_the_same_numbers_and_beyond_it_row_and_column_are_named(project):
    made = {**products(), f"{STEM}_rates.csv": TABLE.replace("1000.5", "1000.5000000001").encode()}
    near = verification.verify(project, PART, making(made))
    assert near.verdict == SAME_NUMBERS and 0 < near.differences[0].relative < 1e-9
    far = verification.verify(project, PART, making(made), tolerance=1e-15)
    assert far.verdict == NOT_THE_SAME
    assert far.differences[0].where == "row 3 (b), column rate"
    assert "nothing was found altered" in verification.told(far)


def test_a_page_names_the_number_or_the_sentence(project):
    numbers = {**products(), f"{STEM}.html": PAGE.replace("25%", "26%").encode()}
    (found,) = verification.verify(project, PART, making(numbers)).differences
    assert (found.kind, found.then, found.now) == ("page", "25", "26") and "victims 25" in found.where
    words = {**products(), f"{STEM}.html": PAGE.replace("Nothing else", "More").encode()}
    (found,) = verification.verify(project, PART, making(words)).differences
    assert (found.where, found.then, found.now) == ("sentence", "Nothing else is known.", "More is known.")


def test_a_figure_names_its_exhibit_and_how_much_of_it_differs(tmp_path):
    pictures = []
    for colour in ((0, 0, 0), (9, 9, 9)):
        Image.new("RGB", (50, 50), colour).save(tmp_path / "a.png")
        pictures.append((tmp_path / "a.png").read_bytes())
    (found,) = reproduced.differences("figures/a/trends_rates.png", *pictures, 1e-9)
    assert found.kind == "figure" and "trends_rates" in found.where and found.relative == 1 and not found.within


def test_what_is_not_made_and_what_is_made_besides_is_named(project):
    made = {f"{STEM}.html": PAGE.encode(), f"{STEM}_new.csv": b"n\n1\n"}
    outcome = verification.verify(project, PART, making(made, failed="run ended with 1"))
    assert {(each.path, each.now) for each in outcome.differences} == {
        (f"{STEM}_rates.csv", "not made"),
        (f"{STEM}_new.csv", "made"),
    }
    assert outcome.verdict == NOT_THE_SAME and "ended with 1" in verification.told(outcome)


def test_an_altered_byte_is_named_with_both_digests_before_anything_is_run(project):
    changed = PAGE.replace("children", "Children").encode()
    (project / f"{STEM}.html").write_bytes(changed)
    outcome = verification.verify(project, PART, None)
    (found,) = outcome.alterations
    assert (found.kind, found.name) == ("released file", f"{STEM}.html")
    assert (found.then, found.now) == (sha256(PAGE.encode()), sha256(changed)) and outcome.verdict == NOT_RUN


def test_an_altered_row_is_named_by_line_with_its_cells(project):
    (project / "data/raw/counts.csv").write_text(ROWS.replace("2021,12", "2021,13"), encoding="utf-8")
    table, row = verification.verify(project, PART, None).alterations
    assert table.kind == "data set" and table.then == sha256(ROWS.encode())
    assert row.name == "data/raw/counts.csv, line 3" and "count was '12' and is '13'" in row.words
    assert sha256(b"SEN,2021,12") in row.words and sha256(b"SEN,2021,13") in row.words


def test_rows_that_are_new_or_gone_are_named_and_without_history_the_file_alone(project):
    (project / "data/raw/counts.csv").write_text("place,year,count\nSEN,2021,12\nSEN,2022,1\n", encoding="utf-8")
    kinds = [
        each.words.split(" is ")[1].split(":")[0] for each in verification.verify(project, PART, None).alterations[1:]
    ]
    assert kinds == ["gone", "new"]
    shutil.rmtree(project / ".git")
    (found,) = verification.verify(project, PART, None).alterations
    assert "not in version control" in found.words


def test_an_altered_notebook_and_another_lock_are_named(project):
    other = json.loads(json.dumps(NOTEBOOK).replace("1 + 1", "1 + 2"))
    write(project, {"notebooks/trends.ipynb": json.dumps(other).encode(), "requirements.lock": b"nothing==1\n"})
    found = {each.name: each.kind for each in verification.verify(project, PART, None).alterations}
    assert found == {"notebooks/trends.ipynb": "notebook", "requirements.lock": "library"}


def test_an_altered_module_is_named_where_the_executed_notebook_says_what_it_was(project):
    runs = [each for each in altered.claim(project).runs.values() if each.name == NAME]
    noted = {NAME: {"library": {"src/analysis/__init__.py": sha256(b"")}}}
    assert altered.program(project, runs, noted) == []
    (project / "src/analysis/__init__.py").write_text("CHANGED = 1\n", encoding="utf-8")
    assert [each.name for each in altered.program(project, runs, noted)] == ["src/analysis/__init__.py"]


def test_an_altered_library_is_named_by_version_by_file_and_where_another_stands_before_it(tmp_path, monkeypatch):
    site = tmp_path / "site"
    content = b"VALUE = 1\n"
    record = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    write(
        site,
        {
            "tinylib.py": content,
            "tinylib-1.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: tinylib\nVersion: 1.0\n",
            "tinylib-1.0.dist-info/RECORD": f"tinylib.py,sha256={record},{len(content)}\n".encode(),
            "tinylib-1.0.dist-info/top_level.txt": b"tinylib\n",
        },
    )
    monkeypatch.syspath_prepend(str(site))
    assert altered.libraries("tinylib==1.0\n", ["tinylib"]) == []
    (older,) = altered.libraries("tinylib==2.0\n", ["tinylib"])
    assert (older.name, older.then, older.now) == ("tinylib", "2.0", "1.0")
    (site / "tinylib.py").write_bytes(b"VALUE = 2\n")
    (file,) = altered.libraries("tinylib==1.0\n", ["tinylib"])
    assert file.name == "tinylib: tinylib.py" and file.then == sha256(content)
    (site / "tinylib.py").write_bytes(content)
    write(tmp_path / "before", {"tinylib.py": content})
    monkeypatch.syspath_prepend(str(tmp_path / "before"))
    (shadow,) = altered.libraries("tinylib==1.0\n", ["tinylib"])
    assert shadow.now == str(tmp_path / "before" / "tinylib.py")


def test_without_confidential_inputs_the_share_is_said_and_what_could_not_be_verified(project):
    outcome = verification.verify(project, Part(), making(products()))
    assert outcome.verdict == SAME_BYTES and outcome.files == (2, 4) and outcome.numbers == (2, 4)
    assert [*outcome.unverified] == ["west/GHA/trends"] and "confidential" in verification.told(outcome)
    (project / "data/raw/persons.csv").write_text("name\n", encoding="utf-8")
    whole = verification.verify(project, Part(), making({**products(), **confidential_products()}))
    assert (whole.verdict, whole.files, whole.unverified) == (SAME_BYTES, (4, 4), {})


def test_a_folder_of_outputs_alone_is_verified_against_the_inputs_of_a_project(project, tmp_path):
    received = tmp_path / "received"
    shutil.copytree(project / "reports", received / "reports")
    outcome = verification.verify(received, PART, making(products()), project=project)
    assert outcome.verdict == SAME_BYTES


@pytest.mark.parametrize(
    ("prepare", "part", "code"),
    [
        (lambda project: (project / altered.CRATE).unlink(), Part(), "nothing_released"),
        (lambda project: (project / altered.CRATE).write_text("{", encoding="utf-8"), Part(), "unreadable_release"),
        (lambda project: None, Part(areas=("XX",)), "nothing_of_the_part"),
    ],
)
def test_what_cannot_be_verified_is_refused_with_what_would_help(project, prepare, part, code):
    prepare(project)
    with pytest.raises(VerificationError) as error:
        verification.verify(project, part, None)
    assert error.value.code == code


def attested(project: Path, key: Path | None = None) -> bytes:
    outcome = verification.verify(project, PART, making(products()))
    return verification.attested(outcome, "2026-12-02T00:00:00Z", ["verify", "--area", "SEN"], key)


def new_key(folder: Path, name: str) -> Path:
    if shutil.which("ssh-keygen") is None:
        pytest.skip("ssh-keygen is not installed")
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", folder / name], check=True)
    public = (folder / f"{name}.pub").read_text(encoding="utf-8")
    (folder / f"{name}.signers").write_text(f"{name}@example.org {public}", encoding="utf-8")
    return folder / name


def test_an_attestation_is_an_in_toto_statement_in_an_envelope_and_the_same_whenever_it_is_made(project):
    content = attested(project)
    assert content == attested(project)
    whole = json.loads(content)
    assert whole["payloadType"] == "application/vnd.in-toto+json" and whole["signatures"] == []
    said, _, _ = attestation.opened(content)
    assert set(said) == {"_type", "subject", "predicateType", "predicate"}
    assert said["_type"] == "https://in-toto.io/Statement/v1"
    assert {each["name"] for each in said["subject"]} == {*products()}
    predicate = said["predicate"]
    assert predicate["result"] == "PASSED" and {*predicate["passedTests"]} == {*products()}
    assert {each["uri"] for each in predicate["configuration"]} >= {"data/raw/counts.csv", "notebooks/trends.ipynb"}
    assert predicate["analysis_environment"]["python"] and predicate["analysis_share"]["files"] == [2, 4]
    assert attestation.pae(b"{}") == b"DSSEv1 28 application/vnd.in-toto+json 2 {}"
    assert attestation.altered_subjects(said, project) == []
    (project / f"{STEM}.html").write_text("other", encoding="utf-8")
    assert len(attestation.altered_subjects(said, project)) == 1


def test_a_signature_holds_for_its_payload_and_its_signer_alone(project, tmp_path):
    key, other = new_key(tmp_path, "one"), new_key(tmp_path, "other")
    _, payload, signatures = attestation.opened(attested(project, key))
    signers = tmp_path / "one.signers"
    assert "one@example.org" in attestation.signer(payload, signatures, signers)
    assert signatures[0]["keyid"] in attestation.signer(payload, signatures, None)
    for content, allowed, code in [
        (payload.replace(b"PASSED", b"FAILED"), signers, "bad_signature"),
        (payload.replace(b"PASSED", b"FAILED"), None, "bad_signature"),
        (payload, other.with_suffix(".signers"), "unknown_signer"),
        (payload, tmp_path / "absent", "no_such_file"),
    ]:
        with pytest.raises(VerificationError) as error:
            attestation.signer(content, signatures, allowed)
        assert error.value.code == code
    with pytest.raises(VerificationError) as error:
        attestation.signer(payload, [], signers)
    assert error.value.code == "not_signed"


def test_a_key_that_cannot_be_read_a_machine_without_ssh_keygen_and_other_envelopes_are_refused(
    project, tmp_path, monkeypatch
):
    with pytest.raises(VerificationError) as error:
        attested(project, tmp_path / "absent")
    assert error.value.code == "key_unreadable"
    for content in (b"", b"{}", b'{"payload": "e30=", "payloadType": "x", "signatures": []}'):
        with pytest.raises(VerificationError):
            attestation.opened(content)
    key = tmp_path / "key"
    key.write_text("no key", encoding="utf-8")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(VerificationError) as error:
        attested(project, key)
    assert error.value.code == "no_ssh_keygen"


def test_a_part_is_run_with_the_analyses_that_each_of_its_areas_has():
    names = ["west/SEN/trends", "demo/A/risk_SYNTHETIC", "demo/demo/trends"]
    commands = Part(areas=("SEN", "A"), analyses=("trends", "risk")).commands(names[:2])
    assert sorted(commands) == [
        ["run", "--area", "A", "--analysis", "risk"],
        ["run", "--area", "SEN", "--analysis", "trends"],
    ]
    assert Part(analyses=("risk",)).has(names[1]) and not Part(study="west").has(names[1])


@pytest.mark.parametrize("is_repeated", [False, True])
def test_the_register_is_as_it_was_when_the_release_was_made(tmp_path, is_repeated):
    names = [f"case_records_00{number}_2026-01-0{number}_abc{number}_SYNTHETIC.parquet" for number in (1, 2)]
    chain = "case_records_chain_SYNTHETIC.txt"
    lines = "".join(f"{number} 2026-01-0{number} {name} a b\n" for number, name in enumerate(names, 1))
    folder = tmp_path / "data/register/demo"
    write(folder, {chain: lines.encode(), **dict.fromkeys(names, b"")})
    products = {"data/processed/demo/a.parquet": "1"}

    def run(copy, arguments):
        assert arguments == ["intake", "--study", "demo"] and not (folder / names[1]).exists()
        manifest = json.dumps({"products": products}).encode()
        write(copy, {"data/processed/demo/case_records_SYNTHETIC.json": manifest})
        return ""

    then = "another" if is_repeated else digests(products)
    before_release.restore(tmp_path, {"case_records_demo": then}, run)
    assert (folder / names[1]).exists() == is_repeated and (folder / names[0]).exists()
    assert len((folder / chain).read_text(encoding="utf-8").splitlines()) == 1 + is_repeated
    assert not (tmp_path / ".register").exists()


def test_signs_differ_and_links_to_other_pages_do_not_count():
    assert reproduced.differences("a.csv", b"n\n-1\n", b"n\n1\n", 1e-9)[0].relative == 2
    (found,) = reproduced.differences("a.html", b"<p>by -1 of</p>", b"<p>by 1 of</p>", 1e-9)
    assert not found.within


@pytest.mark.slow
@pytest.mark.end_to_end
def test_a_part_is_really_run_again(tmp_path):
    project = copy_of_the_project(tmp_path)
    part = ["--area", "SEN", "--analysis", "trends"]
    assert run_analysis("run", *part, project=project).returncode == 0
    assert run_analysis("release", project=project).returncode == 0
    ended = run_analysis("verify", *part, project=project)
    assert ended.returncode == 0 and "Same bytes" in ended.stdout, ended.stdout + ended.stderr
    written = project / "data" / "processed" / "verification" / "attestation.intoto.json"
    checked = run_analysis("verify", "--attestation", str(written), project=project)
    assert checked.returncode == 0 and "not signed" in checked.stdout
