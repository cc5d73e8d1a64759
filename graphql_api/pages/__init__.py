"""Pages for browsers, with all their scripts and styles: nothing is fetched from other sites."""

from __future__ import annotations

import gzip
from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

_FOLDER = Path(__file__).parent
_MEDIA_TYPES = {".css": "text/css", ".js": "text/javascript"}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "connect-src 'self'; img-src 'self' data:; font-src data:; frame-ancestors 'none'"
)


def graphiql() -> Response:
    """Return the page with GraphiQL."""
    page = (_FOLDER / "graphiql.html").read_text(encoding="utf-8")
    # Programs get another response from the same URL.
    headers = {"Content-Security-Policy": _POLICY, "Vary": "Accept"}
    return HTMLResponse(page, headers=headers)


async def asset(request: Request) -> Response:
    """Return a script or a style sheet, by the name in the request's path."""
    name: str = request.path_params["name"]
    if name not in _names():
        return PlainTextResponse("File not found.", status_code=404)
    body, is_compressed = _read(name)
    headers = {"Cache-Control": "public, max-age=86400", "Vary": "Accept-Encoding"}
    if is_compressed and "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
    elif is_compressed:
        body = gzip.decompress(body)
    return Response(body, media_type=_MEDIA_TYPES[Path(name).suffix], headers=headers)


@cache
def _names() -> frozenset[str]:
    """Return the names of the assets; vendored files are stored compressed."""
    own = {each.name for each in _FOLDER.iterdir() if each.suffix in _MEDIA_TYPES}
    return frozenset(own | {each.stem for each in (_FOLDER / "vendor").glob("*.gz")})


@cache
def _read(name: str) -> tuple[bytes, bool]:
    vendored = _FOLDER / "vendor" / f"{name}.gz"
    if vendored.exists():
        return vendored.read_bytes(), True
    return (_FOLDER / name).read_bytes(), False
