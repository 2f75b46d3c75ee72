"""What the image processors of transformers make of pictures: run by the Python that has it.

    VENV/bin/python scripts/image_processor_oracle.py JOB.json

``compare_image_processors.py`` writes the job and reads what comes out. Nothing of lookalike runs
here. Every case goes the road of users: a file on the disk, and ``AutoImageProcessor``.
"""

import importlib.metadata
import json
import os
import re
import sys
import tempfile
import types
import warnings
from pathlib import Path

os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_VERBOSITY="critical", TQDM_DISABLE="1")
# torchvision's own build goes with a torch for graphics cards. Its transforms are Python, and need
# none of the operators whose registration would fail here.
sys.modules["torchvision._meta_registrations"] = types.ModuleType("none")
warnings.filterwarnings("ignore")

import numpy as np  # noqa: E402
import transformers  # noqa: E402
from PIL import Image  # noqa: E402

FILES = {"timm": "config.json"}


def classes() -> list[str]:
    """The names of all image processors, without the ending of those for Pillow."""
    found = set()
    for file in (Path(transformers.__file__).parent / "models").glob("*/image_processing_*.py"):
        text = file.read_text(encoding="utf-8")
        found.update(re.findall(r"^class (\w+ImageProcessor)(?:Pil)?\(", text, re.MULTILINE))
    return sorted(found - {"AutoImageProcessor"})


def made(case: dict, pictures: list, backend: str) -> list:
    """Each picture as the model would get it, (height, width, 3), or the error in a word."""
    with tempfile.TemporaryDirectory() as folder:
        for name, values in case["files"].items():
            (Path(folder) / name).write_text(json.dumps(values))
        try:
            more = {} if case["timm"] else {"backend": backend}
            processor = transformers.AutoImageProcessor.from_pretrained(folder, **more)
            if not case["timm"] and (type(processor).__name__.endswith("Pil")) != (
                backend == "pil"
            ):
                return []  # there is no class for this backend
            kind = "pt" if case["timm"] or backend == "torchvision" else "np"
            found = [processor(picture, return_tensors=kind) for picture in pictures]
            values = [f["pixel_values"] if hasattr(f, "keys") else f for f in found]
            return [np.asarray(v, np.float32)[0].transpose(1, 2, 0) for v in values]
        except Exception as error:
            return [f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"]


def main() -> None:
    """Run a job."""
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    stored = np.load(job["pictures"])
    pictures = [Image.fromarray(stored[name]) for name in sorted(stored.files, key=int)]
    arrays, errors = {}, {}
    for number, case in enumerate(job["cases"]):
        for backend in ("pil", "torchvision"):
            if case["timm"] and backend == "torchvision":
                continue
            for index, found in enumerate(made(case, pictures, backend)):
                if isinstance(found, str):
                    errors[f"{number}/{backend}"] = found
                else:
                    arrays[f"{number}/{backend}/{index}"] = found
    np.savez(job["out"], **arrays)
    versions = {}
    for name in ("transformers", "timm", "torch", "torchvision", "pillow"):
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = "none"
    told = {"classes": classes(), "errors": errors, "versions": versions}
    print(json.dumps(told))


if __name__ == "__main__":
    main()
