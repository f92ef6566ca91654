"""The seal of a snapshot, by a hash of our own."""


def xxh64(data):
    """As the specification has it (https://github.com/Cyan4973/xxHash), seed 0."""
    m, p1, p2, p3, p4, p5 = (1 << 64) - 1, 0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, \
        0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5

    def turn(x, by):
        return (x << by | x >> 64 - by) & m

    def mix(acc, lane):
        return turn(acc + lane * p2 & m, 31) * p1 & m

    def word(at, size):
        return int.from_bytes(data[at:at + size], "little")

    at, h = 0, p5
    if len(data) >= 32:
        lanes = [p1 + p2 & m, p2, 0, -p1 & m]
        for at in range(0, len(data) // 32 * 32, 32):
            lanes = [mix(lane, word(at + 8 * i, 8)) for i, lane in enumerate(lanes)]
        at += 32
        h = sum(turn(lane, by) for lane, by in zip(lanes, (1, 7, 12, 18))) & m
        for lane in lanes:
            h = (h ^ mix(0, lane)) * p1 + p4 & m
    h = h + len(data) & m
    for at in range(at, len(data) - 7, 8):
        h = turn(h ^ mix(0, word(at, 8)), 27) * p1 + p4 & m
    at = len(data) // 8 * 8
    if len(data) - at >= 4:
        h, at = turn(h ^ word(at, 4) * p1 & m, 23) * p2 + p3 & m, at + 4
    for byte in data[at:]:
        h = turn(h ^ byte * p5 & m, 11) * p1 & m
    h = (h ^ h >> 33) * p2 & m
    h = (h ^ h >> 29) * p3 & m
    return h ^ h >> 32


def seal(lines):
    body = b"".join(lines)
    return body + b'{"@end":%d,"xxh64":"%016x"}\n' % (len(lines), xxh64(body))
