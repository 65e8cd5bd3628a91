"""The tree against the public vectors of RFC 6962, against its definition, and against whoever alters a proof."""

from __future__ import annotations

import base64
import json
from functools import partial
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.domain.log_tiles import (
    WIDTH,
    Tile,
    Tiles,
    consistency_proof,
    grow,
    inclusion_proof,
    last_tiles,
    needed,
    parse_tile_path,
    tile_path,
    width_in,
)
from sluis_client.wire.log import (
    EMPTY_ROOT,
    ProofError,
    Range,
    leaf_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)

VECTORS = json.loads((Path(__file__).parents[1] / "data" / "merkle" / "vectors.json").read_text())
LEAVES = [leaf_hash(bytes.fromhex(leaf)) for leaf in VECTORS["leaves"]]
ROOTS = [bytes.fromhex(root) for root in VECTORS["roots"]]


def defined_root(leaves: list[bytes]) -> bytes:
    """MTH as RFC 6962, section 2.1, writes it down."""
    if not leaves:
        return sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01" + defined_root(leaves[:split]) + defined_root(leaves[split:])).digest()


def some_leaves(count: int) -> list[bytes]:
    return [leaf_hash(number.to_bytes(4, "big")) for number in range(count)]


def stored(leaves: list[bytes], *batches: int) -> tuple[bytes, dict[Tile, bytes]]:
    """The tree as the sequencer builds it, in batches of these sizes and then one with the rest."""
    tiles: dict[Tile, bytes] = {}
    size, root = 0, EMPTY_ROOT
    for batch in (*batches, len(leaves)):
        grown = grow(size, {tile: tiles[tile] for tile in last_tiles(size)}, leaves[size : size + batch])
        tiles |= grown.tiles
        size, root = grown.size, grown.root
    assert size == len(leaves)
    return root, tiles


def decoded(proof: list[str]) -> list[bytes]:
    return [base64.b64decode(hash_) for hash_ in proof]


def test_the_public_roots() -> None:
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    for size, root in enumerate(ROOTS, 1):
        assert root_of(LEAVES[:size]) == root == stored(LEAVES[:size])[0]


@pytest.mark.parametrize("vector", VECTORS["inclusion"], ids=str)
def test_the_public_inclusion_proofs(vector) -> None:
    index, size, proof = vector["leafIdx"], vector["treeSize"], decoded(vector["proof"])
    verify_inclusion(LEAVES[index], index, size, proof, ROOTS[size - 1])
    assert Tiles(stored(LEAVES)[1]).roots(inclusion_proof(index, size)) == proof


@pytest.mark.parametrize("vector", VECTORS["consistency"], ids=str)
def test_the_public_consistency_proofs(vector) -> None:
    old, new, proof = vector["size1"], vector["size2"], decoded(vector["proof"])
    verify_consistency(old, new, proof, ROOTS[old - 1], ROOTS[new - 1])
    assert Tiles(stored(LEAVES)[1]).roots(consistency_proof(old, new)) == proof


def test_every_place_in_every_small_tree() -> None:
    leaves = some_leaves(40)
    _, tiles = stored(leaves, 1, 2, 5)
    for size in range(1, len(leaves) + 1):
        root = defined_root(leaves[:size])
        assert root_of(leaves[:size]) == root
        for index in range(size):
            proof = Tiles(tiles).roots(inclusion_proof(index, size))
            verify_inclusion(leaves[index], index, size, proof, root)
            for other in range(size):
                if other != index:
                    with pytest.raises(ProofError):
                        verify_inclusion(leaves[index], other, size, proof, root)
        for old in range(size + 1):
            proof = Tiles(tiles).roots(consistency_proof(old, size))
            verify_consistency(old, size, proof, defined_root(leaves[:old]), root)


sizes = st.integers(1, 2_000) | st.sampled_from([255, 256, 257, 511, 512, 65_535, 65_536, 65_537, 66_000])


@given(sizes, st.lists(st.integers(0, 700), max_size=4), st.data())
@settings(max_examples=25, deadline=None)
def test_batches_of_any_size_make_the_same_tree(size: int, batches: list[int], data: st.DataObject) -> None:
    leaves = some_leaves(size)
    root, tiles = stored(leaves, *(batch for batch in batches if sum(batches) < size))
    assert root == root_of(leaves)
    whole = Range()
    whole.extend(leaves)
    assert whole.root() == root
    for tile, hashes in tiles.items():
        assert len(hashes) == 32 * width_in(tile, size)
    index = data.draw(st.integers(0, size - 1))
    ranges = inclusion_proof(index, size)
    proof = Tiles({tile: tiles[tile] for tile in needed(ranges)}).roots(ranges)
    verify_inclusion(leaves[index], index, size, proof, root)
    old = data.draw(st.integers(0, size))
    ranges = consistency_proof(old, size)
    proof = Tiles({tile: tiles[tile] for tile in needed(ranges)}).roots(ranges)
    verify_consistency(old, size, proof, root_of(leaves[:old]), root)


@given(st.integers(2, 300), st.data())
@settings(max_examples=60)
def test_an_altered_proof_is_refused(size: int, data: st.DataObject) -> None:
    leaves = some_leaves(size)
    root, tiles = stored(leaves)
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size - 1))
    inclusion = Tiles(tiles).roots(inclusion_proof(index, size))
    consistency = Tiles(tiles).roots(consistency_proof(old, size))
    old_root = root_of(leaves[:old])
    for proof in (inclusion, consistency):
        altered = data.draw(st.sampled_from(["drop", "add", "swap", "bit", "short", "root"]))
        place = data.draw(st.integers(0, len(proof) - 1))
        changed = {
            "drop": proof[:place] + proof[place + 1 :],
            "add": [*proof[:place], root, *proof[place:]],
            "swap": [*proof[:place], leaf_hash(b"other"), *proof[place + 1 :]],
            "bit": [*proof[:place], bytes([proof[place][0] ^ 1]) + proof[place][1:], *proof[place + 1 :]],
            "short": [*proof[:place], proof[place][:-1], *proof[place + 1 :]],
            "root": [*proof, root],
        }[altered]
        verify = (
            partial(verify_inclusion, leaves[index], index, size, changed, root)
            if proof is inclusion
            else partial(verify_consistency, old, size, changed, old_root, root)
        )
        with pytest.raises(ProofError):
            verify()


@pytest.mark.parametrize(
    ("old", "new", "old_root", "new_root"),
    [
        (3, 2, ROOTS[2], ROOTS[1]),
        (-1, 2, ROOTS[2], ROOTS[1]),
        (2, 2, ROOTS[1], ROOTS[2]),
        (0, 2, ROOTS[1], ROOTS[1]),
        (1, 2, ROOTS[0], ROOTS[1]),
        (2, 3, ROOTS[1][:-1], ROOTS[2]),
    ],
    ids=["shrunk", "negative", "two-roots", "not-empty", "no-proof", "misshapen"],
)
def test_impossible_consistency_is_refused(old: int, new: int, old_root: bytes, new_root: bytes) -> None:
    with pytest.raises(ProofError):
        verify_consistency(old, new, [], old_root, new_root)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (1, 1), (-1, 1), (2**70, 3)])
def test_a_place_outside_the_tree_is_refused(index: int, size: int) -> None:
    with pytest.raises(ProofError):
        verify_inclusion(LEAVES[0], index, size, [], ROOTS[0])
    with pytest.raises(ValueError, match="no such leaf"):
        inclusion_proof(index, size)


def test_a_leaf_is_no_node() -> None:
    """The second preimage that one byte in front prevents."""
    assert root_of(LEAVES[:2]) != leaf_hash(LEAVES[0] + LEAVES[1])


@pytest.mark.parametrize(
    ("tile", "width", "path"),
    [
        (Tile(0, 0), 1, "tile/0/000.p/1"),
        (Tile(0, 273), 112, "tile/0/273.p/112"),
        (Tile(1, 999), WIDTH, "tile/1/999"),
        (Tile(2, 1_234_067), WIDTH, "tile/2/x001/x234/067"),
        (Tile(0, 1_000), 255, "tile/0/x001/000.p/255"),
    ],
)
def test_tiles_have_the_addresses_of_the_specification(tile: Tile, width: int, path: str) -> None:
    assert tile_path(tile, width) == path
    level, _, rest = path.removeprefix("tile/").partition("/")
    assert parse_tile_path(level, rest) == (tile, width)


@pytest.mark.parametrize(
    ("level", "rest"),
    [
        ("0", "0"),
        ("0", "x000/001"),
        ("00", "001"),
        ("64", "001"),
        ("0", "001.p/0"),
        ("0", "001.p/256"),
        ("0", "001.p/01"),
        ("0", "x001"),
        ("0", "001/002"),
        ("0", "../001"),
        ("entries", "001"),
        ("0", "x001/x001/x001/x001/x001/x001/x001/x001/001"),
        ("0", "٠٠١"),
    ],
)
def test_another_spelling_of_an_address_is_none(level: str, rest: str) -> None:
    assert parse_tile_path(level, rest) is None


def test_tiles_of_the_example_in_the_specification() -> None:
    """Of 70,000 leaves: 273 full tiles and one of 112; one full and one of 17 above; one of 1 on top."""
    found = {tile: width_in(tile, 70_000) for tile in (Tile(0, 272), Tile(0, 273), Tile(1, 0), Tile(1, 1), Tile(2, 0))}
    assert list(found.values()) == [256, 112, 256, 17, 1]
    assert (width_in(Tile(0, 274), 70_000), width_in(Tile(2, 1), 70_000), width_in(Tile(3, 0), 70_000)) == (0, 0, 0)
    assert last_tiles(70_000) == [Tile(0, 273), Tile(1, 1), Tile(2, 0)]


def test_another_tree_in_the_store_stops_the_sequencer() -> None:
    _, tiles = stored(some_leaves(10))
    with pytest.raises(ValueError, match="another width"):
        grow(11, tiles, some_leaves(1))
    with pytest.raises(ValueError, match="another width"):
        grow(10, {}, some_leaves(1))
