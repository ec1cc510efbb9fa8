"""Settings of a training: every key is known, every key is there, and nothing has a silent default."""
import json
from dataclasses import dataclass, fields


class SettingsError(ValueError):
    """A key that nobody reads, or one that is missing."""


@dataclass(frozen=True)
class Settings:
    source_url: str
    max_age_hours: int
    lowest_skill: float
    keep_rows: float


def read_settings(path):
    with open(path, encoding="utf-8") as file:
        return parse_settings(json.load(file))


def parse_settings(values):
    known = {field.name for field in fields(Settings)}
    unknown = sorted(set(values) - known)
    if unknown:
        raise SettingsError(f"unknown settings: {', '.join(unknown)}")
    missing = sorted(known - set(values))
    if missing:
        raise SettingsError(f"missing settings: {', '.join(missing)}")
    return Settings(**values)
