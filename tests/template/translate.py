"""Turns a SAM template into the plain CloudFormation that is deployed, without asking AWS for anything."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from unittest.mock import patch

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

from tests.template.cloudformation import Template

CODE = ("CodeUri", "ContentUri", "DefinitionUri")
STAND_IN = "s3://local/"
REGION = "eu-central-1"


class NoManagedPolicies:
    """Stands in for the loader that would ask IAM for its managed policies."""

    def load(self) -> dict[str, str]:
        return {}


def translate(path: Path) -> Template:
    """The translated template; a local folder of code is found again as the S3 key of its code."""
    source = yaml_parse(path.read_text(encoding="utf-8"))
    for resource in [*source["Resources"].values(), *source.get("Globals", {}).values()]:
        _move_code(resource.get("Properties", resource))
    with patch.dict(os.environ, AWS_DEFAULT_REGION=REGION):
        translated: Template = transform(source, {}, NoManagedPolicies())
    return translated


def _move_code(properties: dict[str, Any]) -> None:
    # The translator refuses local paths: it expects `sam package` to have run.
    for key in CODE:
        where = properties.get(key)
        if isinstance(where, str) and not where.startswith("s3://"):
            properties[key] = STAND_IN + where
