"""Images are named by the digest that a registry has for them, and by no other."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tools import digests, images
from tools.digests import NoDigestError, digest_in, for_compose, for_kubernetes, main, repository

DIGEST = "sha256:" + "a" * 64
OTHER = "sha256:" + "b" * 64
# Lists one digest for each image, as podman does.
ENGINE = f"""#!/bin/sh
for image; do :; done
case "$image" in
  *:*) printf '["images.example.org/library/%s@{DIGEST}"]' "${{image%:*}}" ;;
esac
"""


def test_the_digest_is_that_of_the_registry_in_the_name() -> None:
    listed = [f"images.example.org:5000/nats@{OTHER}", f"nats@{DIGEST}"]
    assert digest_in("nats:2.15.0-alpine", listed) == DIGEST
    assert digest_in("nats:2.15.0-alpine", listed[:1]) == OTHER  # a mirror keeps digests
    assert digest_in("images.example.org:5000/nats:2.15.0", listed) == OTHER
    with pytest.raises(NoDigestError, match="has no digest of a registry"):
        digest_in("quanheng:0.1.0", [f"localhost/quanheng@{OTHER}"])  # built, never pushed
    assert repository("images.example.org:5000/nats") == "images.example.org:5000/nats"


def test_every_image_of_compose_gets_its_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = tmp_path / "engine"
    engine.write_text(ENGINE)
    engine.chmod(0o700)
    monkeypatch.setattr(digests, "COMPOSE", tmp_path / "digests.env")
    monkeypatch.setattr(digests, "GIVEN", tmp_path / "compose.env")
    digests.GIVEN.write_text(f"# NATS_IMAGE=other\nNATS_IMAGE=nats@{OTHER}\nMAIL_FROM=\n")
    main(str(engine))
    lines = (tmp_path / "digests.env").read_text().splitlines()[1:]
    written = dict(line.split("=", 1) for line in lines)
    assert set(written) == {"BASE", *images.of_compose()}
    assert written["POSTGRESQL_IMAGE"] == f"postgres@{DIGEST}"
    assert written["NATS_IMAGE"] == f"nats@{OTHER}"  # by digest already
    assert for_compose({"A": "b"}).endswith("\nA=b\n")


def test_an_overlay_stays_as_it_is_and_another_beside_it_has_the_digests(tmp_path: Path) -> None:
    made = yaml.safe_load(for_kubernetes(tmp_path / "bureau", {"images.example.org/q": DIGEST}))
    assert made["resources"] == ["../bureau"]
    assert made["images"] == [{"name": "images.example.org/q", "digest": DIGEST}]
