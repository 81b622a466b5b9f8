"""Rules of the code base that no other tool checks."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from plumbing.settings import PORTAL, SERVICES
from tools import generate

ROOT = Path(__file__).parents[2]
ROOTS = ("law", "protos", "plumbing", "services")
FUNCTION_LINES, MODULE_LINES = 50, 400
# Hosts of packages, images and mirrors; folders that only one machine has.
PLACES = re.compile(
    r"\b(?:debian|ubuntu|alpinelinux|pypi|pythonhosted|npmjs|npmmirror|docker|ghcr|gcr|quay"
    r"|crates|golang|rubygems|fedoraproject)\.(?:org|com|io|net)\b"
    r"|\b(?:registry|images)\.k8s\.io\b|\bmcr\.microsoft\.com\b|\becr\.aws\b|\baliyuncs?\.com\b"
    r"|://(?:mirrors?|pypi|npm|registry)\.|\.tuna\."
    r"|(?<![\w./])/(?:work|home|root|tmp|Users)/\w"
)
Function = ast.FunctionDef | ast.AsyncFunctionDef


def modules(*folders: str) -> list[Path]:
    """Every module written by hand: no generated wire code, no migrations."""
    paths = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    ours = [path for path in paths if "migrations" not in path.parts]
    return sorted(path for path in ours if not path.stem.endswith(("_pb2", "_pb2_grpc")))


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def body_lines(function: Function) -> int:
    """The lines of a function without those of its docstring."""
    first = function.body[0]
    documented = ast.get_docstring(function) is not None
    docstring = (first.end_lineno or 0) - first.lineno + 1 if documented else 0
    return (function.end_lineno or 0) - function.lineno + 1 - docstring


def test_the_import_roots_are_those_of_this_checkout() -> None:
    for root in ROOTS:
        assert Path(str(importlib.import_module(root).__file__)) == ROOT / root / "__init__.py"


def test_every_folder_of_services_is_a_process_or_the_command() -> None:
    folders = {path.parent.name for path in (ROOT / "services").glob("*/__init__.py")}
    assert folders <= {*SERVICES, PORTAL, "cli"}


def test_only_the_settings_read_the_environment() -> None:
    readers = {
        named(path)
        for path in modules(*ROOTS, "tools")
        for node in ast.walk(ast.parse(path.read_text()))
        if (isinstance(node, ast.Attribute) and node.attr in {"environ", "environb", "getenv"})
        or (
            isinstance(node, ast.ImportFrom)
            and {"environ", "getenv"} & {n.name for n in node.names}
        )
    }
    # The probe of containers may load nothing else.
    known = {"plumbing/addresses.py", "plumbing/probe.py", "plumbing/settings.py"}
    assert readers == known


def test_no_function_is_too_long() -> None:
    long = [
        f"{named(path)}:{node.lineno} {node.name}: {body_lines(node)} lines"
        for path in modules(*ROOTS, "tools", "tests")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, Function) and body_lines(node) > FUNCTION_LINES
    ]
    assert long == []


def test_no_module_is_too_long() -> None:
    sizes = {named(path): len(path.read_text().splitlines()) for path in modules(*ROOTS, "tools")}
    assert {name: lines for name, lines in sizes.items() if lines > MODULE_LINES} == {}


@pytest.mark.parametrize("service", [*SERVICES, PORTAL])
def test_the_tables_of_a_service_are_all_known_where_its_tables_are(service: str) -> None:
    # Whoever migrates or compares them imports that module alone.
    tables = ROOT / "services" / service / "tables.py"
    having = {
        named(path)[:-3].replace("/", ".")
        for path in modules(f"services/{service}")
        if path != tables and re.search(r"^class .*\btable=True\b", path.read_text(), re.MULTILINE)
    }
    imported = re.findall(r"^from ([\w.]+) import", tables.read_text(), re.MULTILINE)
    assert having <= {*imported}


def test_timestamps_of_migrations_have_a_time_zone() -> None:
    # PostgreSQL would store them in the zone of its server, and they would be read as UTC.
    without = {
        path.name
        for path in (ROOT / "services").glob("*/migrations/*.py")
        if re.search(r"\bDateTime\(\)", path.read_text())
    }
    assert without == {"0031_orders_for_verification.py"}  # released so


def test_no_test_folder_shadows_an_import_root() -> None:
    assert list((ROOT / "tests").rglob("__init__.py")) == []


@pytest.fixture(scope="session")
def contract(tmp_path_factory: pytest.TempPathFactory) -> FileDescriptorSet:
    target = tmp_path_factory.mktemp("contract") / "image.binpb"
    generate.image(ROOT, target)
    return FileDescriptorSet.FromString(target.read_bytes())


def undocumented(file: FileDescriptorProto) -> Iterator[str]:
    """Services, calls, messages, fields and enums of a file that have no comment."""
    commented = {
        tuple(place.path)
        for place in file.source_code_info.location
        if place.leading_comments.strip() or place.trailing_comments.strip()
    }
    for path, name in _declared(file):
        if path not in commented:
            yield f"{file.name}: {name}"


def _declared(file: FileDescriptorProto) -> Iterator[tuple[tuple[int, ...], str]]:
    for m, message in enumerate(file.message_type):
        yield (4, m), message.name
        for f, field in enumerate(message.field):
            yield (4, m, 2, f), f"{message.name}.{field.name}"
    for e, enum in enumerate(file.enum_type):
        yield (5, e), enum.name
    for s, service in enumerate(file.service):
        yield (6, s), service.name
        for c, call in enumerate(service.method):
            yield (6, s, 2, c), f"{service.name}.{call.name}"


def test_everything_on_the_wire_has_a_comment(contract: FileDescriptorSet) -> None:
    ours = [file for file in contract.file if file.name.startswith("protos/")]
    assert len(ours) == len(generate.contract(ROOT))
    assert [gap for file in ours for gap in undocumented(file)] == []


def test_the_wire_packages_carry_the_name_and_a_version(contract: FileDescriptorSet) -> None:
    ours = [file for file in contract.file if file.name.startswith("protos/")]
    for file in ours:
        folder = ".".join(Path(file.name).parent.parts[1:])
        assert file.package == f"quanheng.{folder}"
        assert re.fullmatch(r"quanheng\.\w+\.v\d+", file.package)


def test_every_direct_dependency_is_locked_at_a_version_it_admits() -> None:
    pinned = dict(re.findall(r"^([a-z0-9._-]+)==(\S+?)(?: ;| \\|$)", _lock(), re.MULTILINE))
    for requirement in _direct():
        version = pinned.get(canonicalize_name(requirement.name))
        assert version, f"{requirement.name} is not in requirements.lock; run `make lock`"
        assert requirement.specifier.contains(version), f"{requirement} is locked at {version}"


def test_the_lock_names_no_address() -> None:
    assert "://" not in _lock()


def test_no_registry_and_no_place_of_one_machine_is_named() -> None:
    """Packages, images and mirrors come from where each machine is configured to take them."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"],  # noqa: S607 - whichever git made the checkout
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    named_there = dict[str, list[str]]()
    for name in listed.stdout.rstrip("\0").split("\0"):
        content = (ROOT / name).read_bytes()
        if b"\0" in content:  # no text
            continue
        if found := PLACES.findall(content.decode()):
            named_there[name] = found
    assert named_there == {}


@pytest.mark.parametrize(
    "text",
    [
        *("https://deb.debian" + ".org/debian", "FROM docker" + ".io/library/python"),
        *("--index-url=https://pypi" + ".org/simple", "https://mirrors" + ".example.cn/pypi"),
        *("open('/tmp" + "/x')", "/home" + "/somebody/quanheng"),
    ],
)
def test_such_places_are_found(text: str) -> None:
    assert PLACES.search(text)


def _lock() -> str:
    return (ROOT / "requirements.lock").read_text()


def _direct() -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = [project["project"]["dependencies"], project["dependency-groups"]["dev"]]
    groups += project["project"]["optional-dependencies"].values()
    return [Requirement(line) for group in groups for line in group]
