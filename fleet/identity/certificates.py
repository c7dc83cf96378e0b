"""A small private authority: certificates for the broker, the API and onboard units, for sites that have none.

Elliptic curve P-256 throughout; everything is PEM. Time is an argument.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from fleet.errors import InvalidSettings

_BACKDATED = timedelta(hours=1)
"""The clock of whoever checks may be behind ours."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate and its private key, PEM."""

    certificate: bytes
    key: bytes


def new_authority(name: str, *, now: datetime, days: int) -> Pair:
    """A certificate that signs others, and nothing else; no authority below it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _named(name)
    builder = (
        _begun(subject, key, now=now, days=days)
        .issuer_name(subject)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
    )
    return _finished(builder, key, key)


def issue(authority: Pair, name: str, *, hosts: Sequence[str], now: datetime, days: int) -> Pair:
    """A certificate for a server reached by `hosts` (names or addresses), or, without any, for a client.

    Raises InvalidSettings when `authority` is none, or would end before the certificate.
    """
    try:
        above = x509.load_pem_x509_certificate(authority.certificate)
        signer = load_pem_private_key(authority.key, None)
    except (ValueError, TypeError) as error:
        raise InvalidSettings(f"that is no authority with its key: {error}") from None
    if not isinstance(signer, ec.EllipticCurvePrivateKey):
        raise InvalidSettings("that is not the key of an authority made by `fleet certificate authority`")
    if now + timedelta(days=days) > above.not_valid_after_utc:
        raise InvalidSettings(
            f"the authority ends on {above.not_valid_after_utc:%Y-%m-%d}: ask for fewer days, or make a new one"
        )
    key = ec.generate_private_key(ec.SECP256R1())
    purpose = ExtendedKeyUsageOID.SERVER_AUTH if hosts else ExtendedKeyUsageOID.CLIENT_AUTH
    builder = (
        _begun(_named(name), key, now=now, days=days)
        .issuer_name(above.subject)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()),
            critical=False,
        )
    )
    if hosts:
        builder = builder.add_extension(x509.SubjectAlternativeName([_host(one) for one in hosts]), critical=False)
    return _finished(builder, key, signer)


def ends_at(certificate: bytes) -> datetime:
    """When the first certificate of a PEM file ends. Raises InvalidSettings."""
    try:
        return x509.load_pem_x509_certificate(certificate).not_valid_after_utc
    except ValueError as error:
        raise InvalidSettings(f"that is no certificate: {error}") from None


def _begun(subject: x509.Name, key: ec.EllipticCurvePrivateKey, *, now: datetime, days: int) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _finished(
    builder: x509.CertificateBuilder, key: ec.EllipticCurvePrivateKey, signer: ec.EllipticCurvePrivateKey
) -> Pair:
    return Pair(
        builder.sign(signer, hashes.SHA256()).public_bytes(Encoding.PEM),
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    )


def _named(name: str) -> x509.Name:
    try:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    except ValueError as error:
        raise InvalidSettings(f"{name!r} cannot stand in a certificate: {error}") from None


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        pass
    try:
        return x509.DNSName(host)
    except ValueError:
        raise InvalidSettings(f"{host!r} is no host name; write names of other scripts in their ASCII form") from None


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
