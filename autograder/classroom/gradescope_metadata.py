"""What Gradescope writes beside the submissions it exports: who handed in which, and when."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from ..errors import AutograderError

METADATA = "submission_metadata.yml"


def submissions_in(data: bytes) -> Iterator[tuple[str, list[dict[str, str]], datetime | None]]:
    """Folder, submitters (name, sid, email) and time of each submission.

    Raises:
        AutograderError: the file is not what Gradescope writes.
    """
    import yaml

    class Loader(yaml.SafeLoader):  # type: ignore[misc]  # yaml has no types
        """Ruby's symbols are plain text; of Ruby's own types the plain part is kept."""

    def plain(loader: Any, _: str, node: Any) -> Any:
        if isinstance(node, yaml.MappingNode):
            return loader.construct_mapping(node, deep=True)
        if isinstance(node, yaml.SequenceNode):
            return loader.construct_sequence(node, deep=True)
        return loader.construct_scalar(node)

    Loader.add_multi_constructor("!ruby/", plain)
    try:
        read = yaml.load(data.decode("utf-8-sig"), Loader)
        items = [(str(folder), one) for folder, one in read.items()]
    except (yaml.YAMLError, ValueError, AttributeError, RecursionError) as error:
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise AutograderError(f"{METADATA} can't be read: {said}") from None
    for folder, one in items:
        submitters = one.get(":submitters") if isinstance(one, dict) else None
        if not isinstance(submitters, list):
            raise AutograderError(f"{METADATA}: {folder} names no submitters")
        people = [
            {key: str(person[f":{key}"]) for key in ("name", "sid", "email") if person.get(f":{key}")}
            for person in submitters
            if isinstance(person, dict)
        ]
        yield folder, people, _time(one.get(":created_at"))


def _time(said: Any) -> datetime | None:
    if isinstance(said, str):
        try:
            said = datetime.fromisoformat(said.strip().replace(" UTC", "+00:00"))
        except ValueError:
            return None
    if not isinstance(said, datetime):
        return None
    return said.astimezone(UTC) if said.tzinfo else said.replace(tzinfo=UTC)
