"""Ways to damage a file."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from random import Random

_PIECES = (
    b"", b",", b"\t", b";", b'"', b"\n", b"\r", b"\0", b"nan", b"NaN", b"inf", b"-INF", b"1e400", b"-1e308", b"1e-320",
    b"9" * 400, b"1_000", b"0x1F", b"--", b"[Data]", b"[Header]", b"\xb5", b"\xff\xfe", b"\xef\xbb\xbf", b"\x1b[2J",
    b"=1+1", b"[bold]x[/bold]", b"\xe2\x80\xae", b",,,,,,,,", b"INFO,x,SAMPLE_MASS", b"BYAPP,VSM,1.0", b"\xd9\xa3",
)  # fmt: skip

Mutation = Callable[[Random, bytes], bytes]


def flip_bytes(random: Random, data: bytes) -> bytes:
    damaged = bytearray(data)
    for _ in range(random.choice((1, 1, 2, 10, 100))):
        damaged[random.randrange(len(damaged))] = random.randrange(256)
    return bytes(damaged)


def put_piece(random: Random, data: bytes) -> bytes:
    at = random.randrange(len(data) + 1)
    return (
        data[:at] + random.choice(_PIECES) * random.choice((1, 1, 1, 50)) + data[at + random.randrange(4) :]
    )


def cut(random: Random, data: bytes) -> bytes:
    return data[: random.randrange(len(data) + 1)]


def cut_out(random: Random, data: bytes) -> bytes:
    start = random.randrange(len(data) + 1)
    return data[:start] + data[start + random.randrange(2000) :]


def _lines(change: Callable[[Random, list[bytes]], None]) -> Mutation:
    def mutate(random: Random, data: bytes) -> bytes:
        lines = data.split(b"\n")
        change(random, lines)
        return b"\n".join(lines)

    mutate.__name__ = change.__name__
    return mutate


@_lines
def drop_lines(random: Random, lines: list[bytes]) -> None:
    start = random.randrange(len(lines))
    del lines[start : start + random.choice((1, 1, 2, 20))]


@_lines
def double_line(random: Random, lines: list[bytes]) -> None:
    at = random.randrange(len(lines))
    lines[at:at] = [lines[at]] * random.choice((1, 1, 5, 300))


@_lines
def swap_lines(random: Random, lines: list[bytes]) -> None:
    a, b = random.randrange(len(lines)), random.randrange(len(lines))
    lines[a], lines[b] = lines[b], lines[a]


@_lines
def shuffle_lines(random: Random, lines: list[bytes]) -> None:
    random.shuffle(lines)


@_lines
def change_cells(random: Random, lines: list[bytes]) -> None:
    for _ in range(random.choice((1, 1, 3, 30))):
        at = random.randrange(len(lines))
        cells = lines[at].split(b",")
        cells[random.randrange(len(cells))] = random.choice(_PIECES)
        lines[at] = b",".join(cells)


@_lines
def append_itself(random: Random, lines: list[bytes]) -> None:
    lines += lines[random.randrange(len(lines)) :]


def other_encoding(random: Random, data: bytes) -> bytes:
    return data.decode("cp1252", "replace").encode(
        random.choice(("utf-8", "utf-8-sig", "utf-16", "utf-16-le"))
    )


def pack(random: Random, data: bytes) -> bytes:
    packed = gzip.compress(data, 1, mtime=0)
    return random.choice((packed, packed[: random.randrange(len(packed))], flip_bytes(random, packed)))


def separators(random: Random, data: bytes) -> bytes:
    return data.replace(b",", random.choice((b";", b"\t", b" ", b"|")))


MUTATIONS: tuple[Mutation, ...] = (
    flip_bytes, put_piece, cut, cut_out, drop_lines, double_line, swap_lines, shuffle_lines, change_cells,
    append_itself, other_encoding, pack, separators,
)  # fmt: skip


def damage(random: Random, data: bytes) -> tuple[bytes, str]:
    """``data`` after one to four mutations, and the name of the last."""
    mutation = flip_bytes
    for _ in range(random.choice((1, 1, 2, 4))):
        mutation = random.choice(MUTATIONS)
        data = mutation(random, data) or b"\n"
    return data, mutation.__name__
