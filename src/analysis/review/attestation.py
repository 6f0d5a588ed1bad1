"""Attestations: an in-toto Statement v1 in a DSSE envelope, unsigned or signed with a key of OpenSSH.

References: in-toto Attestation Framework, Statement v1 and predicate Test Result v0.1; DSSE v1 (Dead Simple Signing
Envelope, secure-systems-lab); PROTOCOL.sshsig of OpenSSH.
"""

from __future__ import annotations

import base64
import json
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from analysis.review.altered import VerificationError, digest_of

STATEMENT = "https://in-toto.io/Statement/v1"
# The standard type that has a result, what was tested, and what passed or failed.
PREDICATE = "https://in-toto.io/attestation/test-result/v0.1"
PAYLOAD = "application/vnd.in-toto+json"
RESULTS = ("PASSED", "WARNED", "FAILED")
# What a signature is for: one for this is good for nothing else.
NAMESPACE = "verification@analysis"


def statement(subjects: Mapping[str, str], predicate: Mapping[str, Any]) -> dict[str, Any]:
    """Return a statement on released files.

    Parameters
    ----------
    subjects : path -> sha256. predicate : a test result with whatever else it names.
    """
    subject = [{"name": path, "digest": {"sha256": sha256}} for path, sha256 in sorted(subjects.items())]
    return {"_type": STATEMENT, "subject": subject, "predicateType": PREDICATE, "predicate": dict(predicate)}


def envelope(content: Mapping[str, Any], key: Path | None = None) -> bytes:
    """Return a statement as a DSSE envelope.

    Parameters
    ----------
    content : the statement. key : a private key of OpenSSH to sign with; None leaves it unsigned.

    Raises
    ------
    VerificationError : the key cannot be read or used, or ssh-keygen is not installed.
    """
    payload = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    signatures = [_signed(payload, key)] if key else []
    whole = {"payloadType": PAYLOAD, "payload": base64.b64encode(payload).decode(), "signatures": signatures}
    return (json.dumps(whole, indent=1) + "\n").encode()


def pae(payload: bytes) -> bytes:
    """Return the pre-authentication encoding of DSSE, which is what is signed."""
    return b"DSSEv1 %d %s %d %s" % (len(PAYLOAD), PAYLOAD.encode(), len(payload), payload)


def opened(content: bytes) -> tuple[dict[str, Any], bytes, list[dict[str, str]]]:
    """Return statement, payload and signatures of an envelope.

    Raises
    ------
    VerificationError : it is no envelope with an in-toto statement on a test result.
    """
    try:
        whole = json.loads(content)
        payload = base64.b64decode(whole["payload"], validate=True)
        said = json.loads(payload)
        signatures = [dict(each) for each in whole["signatures"]]
        right = (whole["payloadType"], said["_type"], said["predicateType"]) == (PAYLOAD, STATEMENT, PREDICATE)
        right = right and said["predicate"]["result"] in RESULTS
        right = right and bool(said["subject"]) and all(each["digest"]["sha256"] for each in said["subject"])
    except (ValueError, KeyError, TypeError) as error:
        raise VerificationError("no_attestation", f"This is no DSSE envelope with an attestation ({error}).") from None
    if not right:
        raise VerificationError(
            "other_attestation", f"The envelope does not hold an in-toto statement of the type {PREDICATE}."
        )
    return said, payload, signatures


def signer(payload: bytes, signatures: list[dict[str, str]], allowed: Path | None) -> str:
    """Return who signed a payload, in words; every signature must be good.

    Parameters
    ----------
    allowed : a file of allowed signers, as ssh-keygen has it; None: a signature is checked, and nobody known.

    Raises
    ------
    VerificationError : a signature is not of this payload, or not of an allowed signer; or there must be one.
    """
    if not signatures:
        if allowed:
            raise VerificationError("not_signed", "The attestation is not signed: leave --allowed-signers out.")
        return "It is not signed: nobody vouches for it."
    if allowed and not allowed.is_file():
        raise VerificationError("no_such_file", f"{allowed}, the file of allowed signers, is not there.")
    names = [_checked(payload, each, allowed) for each in signatures]
    if allowed:
        return f"Signed by {', '.join(names)}."
    return f"Signed with the key {', '.join(names)}; --allowed-signers FILE says whose it is."


def altered_subjects(said: Mapping[str, Any], folder: Path) -> list[str]:
    """Return sentences on subjects of a statement that are not in a folder as it says."""
    lines = []
    for each in said["subject"]:
        path, then = folder / each["name"], each["digest"]["sha256"]
        # A path from a file of others leads nowhere else.
        inside = path.resolve().is_relative_to(folder.resolve())
        now = digest_of(path) if inside else ""
        if now != then:
            lines.append(f"{each['name']} has sha256 {now or 'none: it is not there'}, and was attested with {then}.")
    return lines


def _signed(payload: bytes, key: Path) -> dict[str, str]:
    try:
        with open(key, "rb"):
            pass
    except OSError as error:
        raise VerificationError(
            "key_unreadable", f"The key {key} cannot be read ({error.strerror}): name a private key of your own."
        ) from None
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "payload"
        file.write_bytes(pae(payload))
        answer = _ssh_keygen("-Y", "sign", "-q", "-f", str(key), "-n", NAMESPACE, str(file))
        if answer.returncode:
            raise VerificationError(
                "not_signed", f"With {key} ssh-keygen did not sign: {_sentence(answer.stderr)} Nothing was written."
            )
        signature = file.with_suffix(".sig").read_bytes()
    listed = _ssh_keygen("-l", "-f", str(key)).stdout.decode().split()
    return {"keyid": listed[1] if len(listed) > 1 else "", "sig": base64.b64encode(signature).decode()}


def _checked(payload: bytes, signature: Mapping[str, str], allowed: Path | None) -> str:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "signature"
        try:
            file.write_bytes(base64.b64decode(signature["sig"], validate=True))
        except (ValueError, KeyError):
            raise VerificationError("bad_signature", "A signature of the attestation cannot be read.") from None
        name = signature.get("keyid", "")
        how = ["-Y", "check-novalidate"]
        if allowed:
            found = _ssh_keygen("-Y", "find-principals", "-s", str(file), "-f", str(allowed)).stdout.decode().split()
            if not found:
                raise VerificationError(
                    "unknown_signer", f"The attestation is signed with the key {name}, which is not in {allowed}."
                )
            name, how = found[0], ["-Y", "verify", "-f", str(allowed), "-I", found[0]]
        answer = _ssh_keygen(*how, "-n", NAMESPACE, "-s", str(file), content=pae(payload))
    if answer.returncode:
        raise VerificationError(
            "bad_signature", f"The signature is not of this attestation: {_sentence(answer.stderr or answer.stdout)}"
        )
    return name


def _ssh_keygen(*arguments: str, content: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    # Without a terminal it asks for no passphrase: an agent has the key, or it has none.
    how: dict[str, Any] = {"input": content} if content is not None else {"stdin": subprocess.DEVNULL}
    try:
        return subprocess.run(["ssh-keygen", *arguments], capture_output=True, check=False, **how)
    except FileNotFoundError:
        raise VerificationError(
            "no_ssh_keygen",
            "There is no ssh-keygen, which signs and checks attestations: install OpenSSH (Debian: "
            "openssh-client); or leave --key out, and the attestation is not signed.",
        ) from None


def _sentence(said: bytes) -> str:
    lines = [" ".join(line.split()) for line in said.decode(errors="replace").splitlines() if line.strip(" @\r\n")]
    text = " ".join(lines)[:300]
    return text if text.endswith(".") else f"{text}."
