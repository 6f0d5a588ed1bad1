"""Files that are kept encrypted, in the format of age: read into memory and nowhere else, and how one becomes so.

The format is that of age, https://age-encryption.org/v1 (Valsorda and Cartwright-Cox 2019): X25519, and
ChaCha20-Poly1305 in pieces of 64 KiB, each of which is authenticated; any program that knows it can read the files.
Keys stay outside the project's folder, so that neither a copy of it nor its history holds a file and what opens it.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.project_files import ENCRYPTED, RAW, ROOT, CatalogError, plain, shown

# Loaded only where a file is encrypted: all others are read without it.
if TYPE_CHECKING:
    from pyrage import x25519

# Environment variable: the file that holds the secret key, outside the project's folder.
KEY_FILE = "ANALYSIS_AGE_KEY"
_SECRET = "AGE-SECRET-KEY-1"


class EncryptionError(CatalogError):
    """A file cannot be encrypted, or read again; the message says why, and holds nothing of file or key."""


def is_encrypted(path: Path) -> bool:
    """Return True if a file is kept encrypted, by its name."""
    return plain(path) != path


def content(path: Path) -> bytes:
    """Return the content of a file; if its name ends in ``.age``, what was encrypted, in memory alone.

    Every reader of a list, a survey, a sampling frame or a coding sheet opens its file by this function.

    Raises
    ------
    EncryptionError : no key is at hand, or it may not be used; the key is another's; the file is damaged.
    """
    held = path.read_bytes()
    return _decrypted(held, path, _keys(path)) if is_encrypted(path) else held


def as_kept(path: Path) -> Path:
    """A file, or the same encrypted beside it where that alone is there."""
    encrypted = path.with_name(path.name + ENCRYPTED)
    return encrypted if encrypted.exists() and not path.exists() else path


def encrypt(path: Path, recipients: Sequence[str] = ()) -> tuple[bytes, bool]:
    """A file encrypted, and whether that was seen to be read again.

    Parameters
    ----------
    recipients : public keys (``age1...``) of all who are to read it; none: the key at hand.

    Returns
    -------
    What ``FILE.age`` is to hold; and True where the key at hand reads the same bytes from it, False where there is no
    key at hand or it is not among the recipients.

    Raises
    ------
    EncryptionError : the file is encrypted already, or a recipient is none, or there is none; or a key may not be used.
    """
    if is_encrypted(path):
        raise EncryptionError("already_encrypted", f"{shown(path)} is encrypted already.")
    if not path.is_file():
        raise EncryptionError("missing_file", f"{shown(path)} is not there.")
    return encrypt_content(path.read_bytes(), path, recipients)


def encrypt_content(held: bytes, path: Path, recipients: Sequence[str] = ()) -> tuple[bytes, bool]:
    """The same of what a file at `path`, which messages name, would hold: it is never written plainly."""
    import pyrage

    own = _keys(path) if os.environ.get(KEY_FILE) or not recipients else []
    readers = [_recipient(text) for text in dict.fromkeys(recipients)] or [key.to_public() for key in own]
    encrypted = pyrage.encrypt(held, readers)
    if not {str(key.to_public()) for key in own} & {str(reader) for reader in readers}:
        return encrypted, False
    if _decrypted(encrypted, path, own) != held:
        raise EncryptionError(
            "verification_failed",
            f"{shown(path)} could not be read again as it was once encrypted: nothing was written.",
        )
    return encrypted, True


def new_key(path: Path) -> str:
    """Write a new secret key, for its owner alone to read; returns the public key that belongs to it.

    Raises
    ------
    EncryptionError : the path lies in the project's folder, or in another that git keeps; or it is there already.
    """
    from pyrage import x25519

    path = path.resolve()
    if path.is_relative_to(ROOT) or any((folder / ".git").exists() for folder in path.parents):
        raise EncryptionError(
            "key_in_repository",
            f"{path} lies in a folder that is kept by git: a key is not to lie beside what it opens, nor to be "
            f"committed. Give a path elsewhere, such as {Path.home() / '.config' / 'analysis-age-key'}.",
        )
    key = x25519.Identity.generate()
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise EncryptionError(
            "already_exists", f"{path} is there already, and what it opens could not be read without it."
        ) from None
    except OSError as error:
        raise EncryptionError(
            "cannot_write", f"{path} could not be written ({error.strerror}): make its folder first."
        ) from None
    with open(descriptor, "w", encoding="ascii") as file:
        file.write(f"# public key: {key.to_public()}\n{key}\n")
    return str(key.to_public())


def left_plain(studies: Iterable[str]) -> list[Path]:
    """Files that are kept encrypted in the studies' own folders, and lie beside that as anybody can read them."""
    found = [path for study in studies for path in sorted((RAW / study).rglob(f"*{ENCRYPTED}"))]
    return [plain(path) for path in found if plain(path).exists()]


def _keys(path: Path) -> list[x25519.Identity]:
    """The secret keys at hand, for a file at `path`, which messages name."""
    from pyrage import IdentityError, x25519

    named = os.environ.get(KEY_FILE, "")
    if not named:
        raise EncryptionError(
            "missing_key",
            f"{shown(path)} needs a key, and none is at hand: set {KEY_FILE} to the path of the key's file; "
            f"`python -m analysis encrypt --new-key PATH` makes one. Only what is made of this data set waits for it; "
            f"nothing "
            f"else is affected.",
        )
    file = Path(named).expanduser().resolve()
    if file.is_relative_to(ROOT):
        raise EncryptionError(
            "key_in_project_folder",
            f"The key that {KEY_FILE} names lies in the project's folder, beside what it opens: move it elsewhere, and "
            f"take it out of every copy of the folder; if it was ever committed, make a new one and encrypt all again.",
        )
    try:
        mode = file.stat().st_mode
        lines = [line.strip() for line in file.read_text(encoding="ascii").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise EncryptionError(
            "unreadable_file", f"The key file {file}, which {KEY_FILE} names, cannot be read ({type(error).__name__})."
        ) from None
    if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
        raise EncryptionError(
            "bad_permissions", f"The key file {file} can be read by others than its owner: `chmod 600 {file}`."
        )
    try:
        keys = [x25519.Identity.from_str(line) for line in lines if line.startswith(_SECRET)]
    except IdentityError:
        keys = []
    if not keys:
        raise EncryptionError(
            "invalid_key",
            f"The key file {file} holds no key of age without a password: a line that begins with {_SECRET[:-1]}.",
        )
    return keys


def _recipient(text: str) -> x25519.Recipient:
    from pyrage import RecipientError, x25519

    try:
        return x25519.Recipient.from_str(text)
    except RecipientError:
        if text.upper().startswith(_SECRET):
            raise EncryptionError(
                "secret_key_given", "A secret key was given as a recipient: give its public key, age1..."
            ) from None
        raise EncryptionError(
            "invalid_public_key",
            f"'{text}' is no public key of age: those begin with age1, and one letter may be wrong.",
        ) from None


def _decrypted(held: bytes, path: Path, keys: Sequence[x25519.Identity]) -> bytes:
    import pyrage

    try:
        return pyrage.decrypt(held, keys)
    except pyrage.DecryptError as error:
        if "No matching keys" in str(error):
            raise EncryptionError(
                "wrong_key",
                f"{shown(path)} was encrypted for others: the key that {KEY_FILE} names does not open it. Name the "
                f"right one, or ask whoever encrypted it.",
            ) from None
        raise EncryptionError(
            "damaged_file",
            f"{shown(path)} is damaged, cut off, or no file of age: nothing of it is used. Put back a copy of it.",
        ) from None
