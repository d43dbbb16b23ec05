"""mesascope organisms: planted networks as files with labels."""

import json
import pathlib

from ..organisms import write_benchmark


def write_organisms(out: pathlib.Path, as_json: bool) -> None:
    """Writes the networks and says what each is."""
    labels = write_benchmark(out)
    if as_json:
        print(json.dumps({"out": str(out), "networks": labels}))
        return
    words = {True: "yes", False: "no"}
    print(f"{'file':<34} serial  searches  what it is")
    for label in labels:
        said = words[label["serial"]], words[label["searches"]]
        print(f"{label['file']:<34} {said[0]:<7} {said[1]:<9} {label['what']}")
    print(f"{len(labels)} networks in {out}; README.md there says how to run one")
