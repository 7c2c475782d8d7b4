"""What an LMS hands over, a folder or a zip, read with nothing trusted: neither names nor sizes nor links."""

from __future__ import annotations

import os
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from ..errors import AutograderError

MOST_ENTRIES = 200_000
LARGEST_FILE = 64 << 20  # bytes, as of a notebook in engine.submissions
MOST_OF_A_ZIP = 256 << 20  # of a zip that a student handed in, unpacked
_UTF8_NAME = 0x800  # the flag of a member whose name is UTF-8
_UNICODE_PATH = 0x7075  # the extra field in which other programs put it
_LEFT_OUT = {"__MACOSX", "__pycache__", "Thumbs.db", "desktop.ini"}


class TooLarge(AutograderError):
    """A file unpacks to more than anybody hands in."""


@dataclass(frozen=True)
class Entry:
    """One file of a source."""

    parts: tuple[str, ...]
    bytes_of: Callable[[int], bytes]

    @property
    def name(self) -> str:
        return self.parts[-1]

    @property
    def path(self) -> str:
        return "/".join(self.parts)

    def read(self, most: int = LARGEST_FILE) -> bytes:
        """The file's bytes; TooLarge where there are more, whatever its head claims."""
        data = self.bytes_of(most + 1)
        if len(data) > most:
            raise TooLarge(f"{self.path} unpacks to more than {most >> 20} MB")
        return data

    def below(self, depth: int) -> Entry:
        """The same file, without the folders above."""
        return Entry(self.parts[depth:], self.bytes_of)


@dataclass
class Source:
    """The files of a folder or a zip, and what in it was refused."""

    path: Path
    entries: list[Entry] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    repositories: set[tuple[str, ...]] = field(default_factory=set)  # folders with a .git in them


def open_source(path: Path) -> Source:
    """The files of what was downloaded.

    Raises:
        AutograderError: it is neither a folder nor a zip that can be read.
    """
    source = Source(path)
    if path.is_dir():
        _walk(source)
    else:
        try:
            archive = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise AutograderError(f"{path} is neither a folder nor a zip that can be read: {error}") from None
        _members(archive, source, ())
    return source


def unpacked(entry: Entry, source: Source) -> list[Entry]:
    """The files of a zip that a student handed in, where it stood; of a broken one none, with a word."""
    inner = Source(source.path)
    try:
        archive = zipfile.ZipFile(BytesIO(entry.read()))
        if sum(info.file_size for info in archive.infolist()) > MOST_OF_A_ZIP:
            raise TooLarge(f"{entry.path} unpacks to more than {MOST_OF_A_ZIP >> 20} MB")
        _members(archive, inner, entry.parts[:-1])
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        source.refused.append(f"{entry.path} is no zip that can be read: {error}")
    except AutograderError as error:
        source.refused.append(str(error))
    source.refused += inner.refused
    return inner.entries


def safe_parts(name: str) -> tuple[str, ...] | None:
    """The parts of a path, composed as NFC; None where it would leave its folder, or can be no file."""
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".")]
    absolute = name.startswith(("/", "\\")) or (len(name) > 1 and name[1] == ":" and name[0].isalpha())
    odd = any(not letter.isprintable() for letter in name)
    if absolute or odd or not parts or any(part == ".." or len(part.encode()) > 255 for part in parts):
        return None
    return tuple(unicodedata.normalize("NFC", part) for part in parts)


def is_left_out(parts: tuple[str, ...]) -> bool:
    """What systems and editors leave behind: nobody handed it in."""
    return any(part.startswith(".") or part in _LEFT_OUT for part in parts)


def _walk(source: Source) -> None:
    for folder, names, files in os.walk(source.path):
        names.sort()
        if ".git" in names:
            source.repositories.add(Path(folder).relative_to(source.path).parts)
        for name in list(names):
            if os.path.islink(os.path.join(folder, name)):
                names.remove(name)
                files.append(name)
        for name in sorted(files):
            path = Path(folder, name)
            relative = path.relative_to(source.path).as_posix()
            parts = safe_parts(relative.encode("utf-8", "replace").decode())
            if parts is not None and is_left_out(parts):
                continue
            if path.is_symlink():
                source.refused.append(f"{relative} is a symbolic link")
            elif parts is None:
                source.refused.append(f"{_shown(relative)} is no name for a file here")
            elif path.is_file():
                source.entries.append(Entry(parts, _reader(path)))
        names[:] = [name for name in names if not is_left_out((name,))]
        _bounded(source)


def _reader(path: Path) -> Callable[[int], bytes]:
    def read(most: int) -> bytes:
        with path.open("rb") as file:
            return file.read(most)

    return read


def _members(archive: zipfile.ZipFile, source: Source, above: tuple[str, ...]) -> None:
    for info in archive.infolist():
        if info.is_dir():
            continue
        name = _name_of(info)
        parts = safe_parts(name)
        if parts is not None and ".git" in parts:
            source.repositories.add((*above, *parts[: parts.index(".git")]))
        if name.endswith("\\") or (parts is not None and is_left_out(parts)):
            continue  # the first is how a folder ends where Windows wrote the zip
        if parts is None:
            source.refused.append(f"{_shown(name)} would leave the folder")
        elif stat.S_ISLNK(info.external_attr >> 16):
            source.refused.append(f"{_shown(name)} is a symbolic link")
        elif info.flag_bits & 1:
            source.refused.append(f"{_shown(name)} is encrypted")
        else:
            source.entries.append(Entry((*above, *parts), _unpacker(archive, info)))
        _bounded(source)


def _unpacker(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[int], bytes]:
    def read(most: int) -> bytes:
        try:
            with archive.open(info) as member:
                return member.read(most)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
            raise AutograderError(f"{_shown(info.filename)} can't be unpacked: {error}") from None

    return read


def _bounded(source: Source) -> None:
    if len(source.entries) + len(source.refused) > MOST_ENTRIES:
        raise AutograderError(f"{source.path} holds more than {MOST_ENTRIES:,} files: that is no class.")


def _name_of(info: zipfile.ZipInfo) -> str:
    """A member's name; where no flag says that it is UTF-8, zipfile takes it for cp437."""
    if info.flag_bits & _UTF8_NAME:
        return info.orig_filename.split("\0")[0] if "\0" not in info.orig_filename else "\0"
    if better := _unicode_path(info.extra):
        return better
    if "\0" in info.orig_filename:
        return "\0"
    try:
        return info.orig_filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.orig_filename


def _unicode_path(extra: bytes) -> str:
    while len(extra) >= 4:
        kind, length = struct.unpack_from("<HH", extra)
        field_bytes, extra = extra[4 : 4 + length], extra[4 + length :]
        if kind == _UNICODE_PATH and len(field_bytes) > 5:
            return field_bytes[5:].decode("utf-8", "replace")
    return ""


def _shown(name: str) -> str:
    return repr(name if len(name) <= 80 else name[:79] + "…")
