"""Who is asking: a token in the header Authorization (programs), or the cookie of the page.

The cookie is signed, is out of reach of scripts (HttpOnly) and is not sent by other sites' pages
(SameSite=Strict). Requests that change something must carry the token that GET /session hands out,
too, which other sites' pages cannot read.
"""

import hmac
from uuid import UUID

from fastapi import APIRouter, Depends, Header, HTTPException, Request, Response
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from . import config, procedures, security

router = APIRouter()
COOKIE = "s2t_session"


class Login(BaseModel):
    login: str
    password: str


async def get_db(request: Request):
    """A session of the database for the request; what was not committed is rolled back."""
    async with request.app.state.sessions() as db:
        yield db


def current_user(request: Request, authorization: str = Header(""), x_csrf_token: str = Header("")) -> UUID:
    scheme, _, token = authorization.partition(" ")
    if authorization:
        known = security.read_token(token) if scheme.lower() == "bearer" else None
    else:
        token = request.cookies.get(COOKIE, "")
        known = security.read_token(token)
        if known and request.method not in ("GET", "HEAD") and not hmac.compare_digest(
            x_csrf_token.encode(), security.csrf_token(token).encode()
        ):
            raise HTTPException(status_code=403, detail="the request does not come from the page")
    if known is None:
        raise HTTPException(status_code=401, detail="not logged in", headers={"WWW-Authenticate": "Bearer"})
    return known[0]


async def check_login(db, given: Login):
    """The user, if the password is right and the account open."""
    user = await procedures.get_login(db, given.login)
    password_hash = user.password_hash if user else security.NOBODY
    right = await run_in_threadpool(security.check_password, given.password, password_hash)
    if not (user and right and user.status == "active"):
        raise HTTPException(status_code=401, detail="wrong login or password")
    return user


@router.post("/login")
async def log_in(given: Login, db=Depends(get_db)):
    """For programs: a token."""
    user = await check_login(db, given)
    return {"token": security.make_token(user.id)}


@router.post("/session", status_code=201)
async def begin(given: Login, response: Response, db=Depends(get_db)):
    """For the page: a cookie."""
    user = await check_login(db, given)
    token = security.make_token(user.id, given.login)
    response.set_cookie(
        COOKIE, token, max_age=config.TOKEN_SECONDS, httponly=True, samesite="strict", secure=config.HTTPS
    )
    return {"login": given.login, "csrf": security.csrf_token(token)}


@router.get("/session")
async def read(request: Request, response: Response):
    """Who is signed in, if anybody: no error, since the page asks whenever it is loaded."""
    response.headers["Cache-Control"] = "no-store"
    token = request.cookies.get(COOKIE, "")
    known = security.read_token(token)
    return {"login": known[1], "csrf": security.csrf_token(token)} if known else {"login": None, "csrf": None}


@router.delete("/session", status_code=204)
async def end(_user_id: UUID = Depends(current_user)):
    response = Response(status_code=204)
    response.delete_cookie(COOKIE, httponly=True, samesite="strict", secure=config.HTTPS)
    return response
