"""Certificates for test servers: an authority and what it signs, good and bad."""
import datetime
import ipaddress
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def _name(common_name):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _alternative(name):
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


class Certificate:
    """A key and a certificate as PEM files."""

    def __init__(self, path, key, certificate):
        self.key, self.certificate = key, certificate
        self.pem = Path(path)
        self.pem.write_bytes(
            key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                              serialization.NoEncryption()) +
            certificate.public_bytes(serialization.Encoding.PEM))
        self.pem.chmod(0o600)

    def context(self, minimum=ssl.TLSVersion.TLSv1_2, maximum=ssl.TLSVersion.MAXIMUM_SUPPORTED):
        """A server's context."""
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.load_cert_chain(self.pem)
        made.minimum_version, made.maximum_version = minimum, maximum
        return made


class Authority:
    """Signs for any name; `file` is what clients trust."""

    def __init__(self, directory):
        self.dir = Path(directory)
        self.dir.mkdir(parents=True, exist_ok=True)
        self._count = 0
        self.own = self._make("Test Authority", [], None)
        self.file = self.dir / "ca.pem"
        self.file.write_bytes(self.own.certificate.public_bytes(serialization.Encoding.PEM))

    def sign(self, *names, days=30):
        """For these DNS names and addresses; days < 0: expired."""
        return self._make(names[0], names, self.own, days)

    def self_signed(self, *names):
        return self._make(names[0], names, None)

    def _make(self, common_name, names, issuer, days=30):
        self._count += 1
        key = ec.generate_private_key(ec.SECP256R1())
        now = datetime.datetime.now(datetime.timezone.utc)
        end = now + datetime.timedelta(days=days)
        builder = (x509.CertificateBuilder().subject_name(_name(common_name))
                   .issuer_name(issuer.certificate.subject if issuer else _name(common_name))
                   .public_key(key.public_key()).serial_number(x509.random_serial_number())
                   .not_valid_before(min(now, end) - datetime.timedelta(days=60)).not_valid_after(end)
                   .add_extension(x509.BasicConstraints(ca=not names, path_length=None), critical=True))
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName([_alternative(n) for n in names]), False)
        made = builder.sign(issuer.key if issuer else key, hashes.SHA256())
        return Certificate(self.dir / f"{self._count}.pem", key, made)
