"""`/auth/totp`: setting up the second factor of one's own account."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import Response

from api.answers import json_answer
from api.auth.schemas import Code, Enrolment, RecoveryCodes, SecondFactorState
from api.auth.sessions import open_secret
from api.dependencies import Caller, Shared, in_person, log_wrong_guess, requires
from api.errors import problems
from fleet.errors import Conflict, NotAllowed
from fleet.identity.permissions import Permission
from fleet.identity.totp import (
    matching_step,
    new_recovery_codes,
    new_secret,
    provisioning_uri,
    recovery_digest,
)
from fleet.store import audit, second_factor

router = APIRouter(prefix="/auth/totp", tags=["access"])

Owner = Annotated[Caller, requires(Permission.CHANGE_OWN_ACCOUNT)]


@router.get("", summary="State of one's second factor", response_model=SecondFactorState, responses=problems(401))
async def read_state(services: Shared, caller: Owner) -> Response:
    """Whether a code is asked for at log-in, and how many recovery codes are left."""
    async with services.database.begin() as connection:
        factor = await second_factor.find_factor(connection, caller.session.account_id)
    enrolled = factor is not None and factor.confirmed
    body = {
        "enrolled": enrolled,
        "recovery_codes_left": factor.recovery_left if factor is not None else 0,
        "required": services.sessions.must_enrol(caller.session),
    }
    return json_answer(body)


@router.post(
    "", summary="Begin to set up", status_code=201, response_model=Enrolment, responses=problems(401, 403, 409)
)
async def enrol(services: Shared, caller: Owner) -> Response:
    """A new secret. Nothing changes until a code made from it is confirmed."""
    in_person(caller)
    secret = new_secret()
    async with services.database.begin() as connection:
        account_id = caller.session.account_id
        if not await second_factor.enrol(connection, account_id, services.totp_keys.encrypt(secret, account_id)):
            raise Conflict("A second factor is set up already: remove it first.")
    return json_answer({"secret": secret, "uri": provisioning_uri(secret, caller.username)}, 201)


@router.post(
    "/confirm", summary="Confirm", response_model=RecoveryCodes, responses=problems(401, 403, 409, 413, 422, 429)
)
async def confirm(services: Shared, caller: Owner, wanted: Code) -> Response:
    """From now on log-in asks for a code. Answers the recovery codes; keep them apart from the telephone."""
    in_person(caller)
    services.sessions.check_guesses(caller.session)
    now = services.now()
    codes = new_recovery_codes()
    async with services.database.begin() as connection:
        factor = await second_factor.find_factor(connection, caller.session.account_id)
        if factor is None or factor.confirmed:
            raise Conflict("There is nothing to confirm: begin with POST /api/v1/auth/totp.")
        secret = await open_secret(connection, services.totp_keys, caller.session.account_id, factor.secret)
        step = matching_step(secret, wanted.code, now, after=factor.last_step)
        if step is None:
            services.sessions.guessed_wrong(caller.session)
            await log_wrong_guess(services, caller, "one-time password")
            raise NotAllowed("The code is not right: check that the telephone's clock is.")
        await second_factor.confirm(
            connection,
            caller.session.account_id,
            at=now,
            step=step,
            recovery=[recovery_digest(code) for code in codes],
        )
        await audit.record(
            connection, account=caller.actor, subject=f"account:{caller.session.account_id}", action="account.otp_on"
        )
    services.sessions.forget(caller.session.account_id)
    return json_answer({"recovery_codes": codes})


@router.post("/remove", summary="Remove", status_code=204, responses=problems(401, 403, 409, 413, 422, 429))
async def remove(services: Shared, caller: Owner, wanted: Code) -> Response:
    """Needs a code, or a recovery code: whoever finds an open session must not be able to."""
    in_person(caller)
    services.sessions.check_guesses(caller.session)
    account_id = caller.session.account_id
    async with services.database.begin() as connection:
        factor = await second_factor.find_factor(connection, account_id)
        if factor is None or not factor.confirmed:
            raise Conflict("There is no second factor to remove.")
        secret = await open_secret(connection, services.totp_keys, account_id, factor.secret)
        step = matching_step(secret, wanted.code, services.now(), after=factor.last_step)
        if step is None and not await second_factor.take_recovery(connection, account_id, recovery_digest(wanted.code)):
            services.sessions.guessed_wrong(caller.session)
            await log_wrong_guess(services, caller, "one-time password")
            raise NotAllowed("The code is not right, or was used before.")
        await second_factor.remove(connection, account_id)
        await audit.record(
            connection,
            account=caller.actor,
            subject=f"account:{caller.session.account_id}",
            action="account.otp_off",
        )
    services.sessions.forget(account_id)
    return Response(status_code=204)
