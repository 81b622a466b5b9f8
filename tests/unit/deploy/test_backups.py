"""Backups go to three places: databases with their log, files, and keys apart from both."""

from __future__ import annotations

import re
import subprocess
import tarfile
from pathlib import Path

import pytest

from plumbing.settings import CALLERS
from tests.unit.deploy.files import DEPLOY, Document, area_of_files, compose_file, loaded

FOLDER = DEPLOY / "kubernetes" / "components" / "backup"
SCRIPTS = [*FOLDER.glob("*.sh"), DEPLOY / "backup.sh", DEPLOY / "postgresql" / "restore.sh"]


def pod_of(document: Document) -> Document:
    spec = document["spec"]
    return dict((spec.get("jobTemplate") or {"spec": spec})["spec"]["template"]["spec"])


def claims_of(document: Document) -> set[str]:
    volumes = pod_of(document)["volumes"]
    return {
        one["persistentVolumeClaim"]["claimName"]
        for one in volumes
        if "persistentVolumeClaim" in one
    }


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_a_script_is_sound(script: Path) -> None:
    subprocess.run(["/bin/sh", "-n", str(script)], check=True)


def test_every_secret_with_keys_is_copied_and_to_a_place_of_its_own() -> None:
    job, claim, policy = loaded(FOLDER / "keys.yaml")
    pod = pod_of(job)
    secrets = {one["secret"]["secretName"] for one in pod["volumes"] if "secret" in one}
    assert secrets == {
        f"quanheng-{kind}-{service}" for kind in ("keys", "tls", "engines") for service in CALLERS
    }
    mounts = {one["mountPath"] for one in pod["containers"][0]["volumeMounts"]}
    assert {f"/secrets/{secret}" for secret in secrets} <= mounts
    assert claims_of(job) == {claim["metadata"]["name"]}
    assert "envFrom" not in pod["containers"][0]
    # What holds all keys at once reaches nobody: no policy of the base selects it either.
    assert policy["spec"]["policyTypes"] == ["Ingress", "Egress"]
    assert not {"ingress", "egress"} & set(policy["spec"])
    assert job["metadata"]["labels"]["app.kubernetes.io/part-of"] != "quanheng"
    for other in ("databases", "log", "files"):
        assert not claims_of(loaded(FOLDER / f"{other}.yaml")[0]) & claims_of(job)


def test_the_log_lies_where_copies_prune_it_and_both_may_write() -> None:
    copies, claim = loaded(FOLDER / "databases.yaml")
    (receiver,) = loaded(FOLDER / "log.yaml")
    assert claims_of(copies) == claims_of(receiver) == {claim["metadata"]["name"]}
    assert claim["spec"]["accessModes"] == ["ReadWriteMany"]
    settings = loaded(FOLDER / "kustomization.yaml")[0]["configMapGenerator"][0]
    command = pod_of(receiver)["containers"][0]["command"]
    assert f"LOG={command[2]}" in settings["literals"]
    assert set(settings["files"]) == {"databases.sh", "log.sh"}


def test_files_are_copied_with_the_key_of_who_stores_them() -> None:
    job, claim, policy = loaded(FOLDER / "files.yaml")
    (container,) = pod_of(job)["containers"]
    assert container["command"] == ["python", "-P", "-m", "plumbing.files_copy", "out", "/backup"]
    assert {entry["name"] for entry in container["env"]} == {
        "AWS_ENDPOINT_URL",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
    }
    assert claims_of(job) == {claim["metadata"]["name"]}
    assert policy["spec"]["egress"] == [{"ports": [{"protocol": "TCP", "port": 443}]}]


def test_the_example_takes_the_backups_and_keeps_keys_elsewhere() -> None:
    (overlay,) = loaded(DEPLOY / "kubernetes" / "overlays" / "example" / "kustomization.yaml")
    assert "../../components/backup" in overlay["components"]
    classes = {
        patch["target"]["name"]: patch["patch"].rpartition("value: ")[2]
        for patch in overlay["patches"]
        if patch["target"]["kind"] == "PersistentVolumeClaim"
    }
    assert len(set(classes.values())) == len(classes) == 2


def test_keys_are_copied_once_and_again_after_a_change(tmp_path: Path) -> None:
    secret, to = tmp_path / "from" / "quanheng-keys-registry", tmp_path / "to"
    hidden = secret / "..2026"
    hidden.mkdir(parents=True)
    to.mkdir()
    (hidden / "private.jwk").write_text("first")
    (secret / "private.jwk").symlink_to(hidden / "private.jwk")  # as Kubernetes mounts it

    def copied() -> str:
        command = ["/bin/sh", str(FOLDER / "keys.sh"), str(tmp_path / "from"), str(to)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    first = copied()
    assert copied() == first
    assert [file.name for file in to.iterdir()] == [Path(first).name]
    assert Path(first).stat().st_mode & 0o077 == 0
    with tarfile.open(first) as tar:
        files = {member.name: member for member in tar if member.isfile()}
        assert set(files) == {"./quanheng-keys-registry/private.jwk"}
        kept = tar.extractfile("./quanheng-keys-registry/private.jwk")
        assert kept is not None
        assert kept.read() == b"first"
    Path(first).rename(to / "keys-2026-01-01T000000Z.tar")
    (hidden / "private.jwk").write_text("second")
    copied()
    assert len(list(to.iterdir())) == 2


def test_compose_is_copied_by_a_timer_from_where_its_containers_keep_things() -> None:
    compose = compose_file()["services"]
    script = (DEPLOY / "backup.sh").read_text()
    postgresql = compose["postgresql"]
    mounted = {
        mount.split(":")[-2 if mount.endswith(":ro") else -1]
        for mount in postgresql["volumes"]
        if isinstance(mount, str)
    }
    assert {"/backups", "/archive", "/scripts/databases.sh", "/scripts/restore.sh"} <= mounted
    assert "LOG=/archive postgresql sh /scripts/databases.sh /backups" in script
    for service in CALLERS:
        area = area_of_files(service)
        if area is not None:
            assert f"{service} /data/files{'/' if area else ''}{area}\n" in script
    mark = compose["registry"]["environment"]["QUANHENG_BACKUP_MARK"]
    assert f"registry touch {mark}\n" in script
    assert any(mark.startswith(mount.split(":")[1]) for mount in compose["registry"]["volumes"][1:])
    service = (DEPLOY / "systemd" / "quanheng-backup.service").read_text()
    assert re.search(r"^ExecStart=/bin/sh \S+/deploy/backup\.sh \S+ \S+$", service, re.MULTILINE)
    assert (DEPLOY / "systemd" / "quanheng-backup.timer").exists()


def test_the_log_of_compose_is_archived_as_it_is_written_down() -> None:
    """The same command as docs/operations.md gives for a server of the bureau's own."""
    operations = (DEPLOY.parent / "docs" / "operations.md").read_text()
    [documented] = re.findall(r"archive_command = '(.+)'", operations)
    command = compose_file()["services"]["postgresql"]["command"][2]
    assert f"-c archive_command='{documented}'" in command
    assert "-c archive_mode=${WAL_ARCHIVE:-off}" in command
