#!/usr/bin/env python3
"""Makes demo/transcript.faster-whisper.json from demo/lecture.vi.txt.

Each line of the lecture becomes a segment with the members that faster-whisper
gives its segments; times are seconds as floats, at the pace of a calm speaker.
The result is the same every time, and it is committed: this is here to show
where it came from.
"""

import json
import pathlib
import random
import zlib

HERE = pathlib.Path(__file__).parent
SECONDS_PER_SYLLABLE = 0.34  # about 175 syllables a minute
WINDOW = 30  # seconds of audio that the model looks at


def segments(lines):
    dice = random.Random(20260101)
    clock = 0.84  # somebody clears his throat
    for number, line in enumerate(lines, start=1):
        syllables = line.split()
        start = clock
        end = start + 0.3 + sum(SECONDS_PER_SYLLABLE * dice.uniform(0.8, 1.3) for _ in syllables)
        clock = end + dice.choice((0, 0, 0.22, 0.48, 1.1)) + (2.6 if line.endswith("?") else 0)
        raw = line.encode()
        yield {
            "id": number,
            "seek": int(start // WINDOW) * WINDOW * 100,  # in frames of 10 ms
            "start": round(start, 2),
            "end": round(end, 2),
            "text": " " + line,
            "tokens": [dice.randrange(220, 50257) for _ in range(len(syllables) * 3 // 2)],
            "avg_logprob": round(dice.uniform(-0.42, -0.08), 6),
            "compression_ratio": round(len(raw) / len(zlib.compress(raw)), 6),
            "no_speech_prob": round(dice.uniform(0.001, 0.09), 6),
            "words": None,
            "temperature": 0.0,
        }


def main():
    lines = (HERE / "lecture.vi.txt").read_text(encoding="utf-8").splitlines()
    rows = ",\n".join(json.dumps(segment, ensure_ascii=False) for segment in segments(lines))
    (HERE / "transcript.faster-whisper.json").write_text(f"[\n{rows}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
