"""A library behind the Model Context Protocol: for assistants that run beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated, Any, TypeVar

from anyio import to_thread
from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import ToolAnnotations
from pydantic import Field

from lookalike import __version__
from lookalike.errors import LookalikeError
from lookalike.library import Library
from lookalike.server.tools import MEANINGS, Tools

__all__ = ["server_of"]

T = TypeVar("T")

_INSTRUCTIONS = (
    "Reverse image search in one library of somebody's own pictures. Nothing is changed, and no"
    " picture leaves this machine: answers are paths, numbers and words. What a hit is to the"
    " picture that was asked for is its 'kind': "
    + "; ".join(f"{kind}: {meaning}" for kind, meaning in MEANINGS.items())
    + ". 'chance' is how many hits as near an unrelated picture would get in this library: an"
    " 'alike' hit with a chance near 1 says nothing."
)
_READS = ToolAnnotations(read_only_hint=True, destructive_hint=False, open_world_hint=False)

_Picture = Annotated[str, Field(description="Path of a picture file on this machine.")]
_Under = Annotated[
    str | None, Field(description="Only pictures of the library in this folder or below.")
]


def server_of(library: Library) -> MCPServer[Any]:
    """A server that answers about a library.

    Args:
        library: best opened for reading only.
    """
    tools = Tools(library)
    server: MCPServer[Any] = MCPServer(
        "lookalike", instructions=_INSTRUCTIONS, version=__version__, log_level="ERROR"
    )

    @server.tool(annotations=_READS)
    async def search(
        picture: _Picture,
        k: Annotated[int, Field(description="Hits at most, 1 to 200.")] = 10,
        kinds: Annotated[
            str | None, Field(description="Only hits of these kinds, such as same-bytes,edited.")
        ] = None,
        under: _Under = None,
        everything: Annotated[
            bool, Field(description="Also hits that are no nearer than unrelated pictures.")
        ] = False,
    ) -> dict[str, Any]:
        """Find the library's pictures that are the same as a file, edited copies of it, or alike.

        Best first, each with its kind, how that is known, and what was done to get from it to the
        picture that was asked for.
        """
        return await _told(partial(tools.search, picture, k, kinds, under, everything))

    @server.tool(annotations=_READS)
    async def compare(a: _Picture, b: _Picture) -> dict[str, Any]:
        """Say what two picture files are to each other, and what was done to b to get a."""
        return await _told(partial(tools.compare, a, b))

    @server.tool(annotations=_READS)
    async def check(
        pictures: Annotated[Sequence[str], Field(description="Paths of picture files, 1 to 200.")],
    ) -> dict[str, Any]:
        """Say of each file whether the library has it already, as the same or an edited copy."""
        return await _told(partial(tools.check, pictures))

    @server.tool(annotations=_READS)
    async def duplicates(
        kinds: Annotated[
            str,
            Field(
                description="What is told of: some of same-bytes, same-pixels, edited, part, burst,"
                " raw+jpeg."
            ),
        ] = "same-bytes,same-pixels,edited",
        under: _Under = None,
        limit: Annotated[
            int, Field(description="Groups at most, 1 to 200; those first that free most.")
        ] = 20,
    ) -> dict[str, Any]:
        """Find pictures that the library has more than once, in groups around the one to keep.

        Nothing is deleted: 'lookalike duplicates --plan' writes a plan that its owner can apply.
        In a large library it takes minutes.
        """
        return await _told(partial(tools.duplicates, kinds, under, limit))

    @server.tool(annotations=_READS)
    async def status() -> dict[str, Any]:
        """Say what the library holds, its folders, and which files couldn't be read and why."""
        return await _told(tools.status)

    return server


async def _told(work: Callable[[], T]) -> T:
    """Do some work in a thread; what is wrong is one line for whoever asked."""
    try:
        return await to_thread.run_sync(work)
    except LookalikeError as error:
        raise ToolError(str(error)) from error
