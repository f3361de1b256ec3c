"""What the sandbox prints on the terminal when it is ready."""

from __future__ import annotations

from reskontra.config import Settings
from reskontra.demo import CLIENT_ID, CLIENT_SECRET, TENANT_ID


def greeting(settings: Settings, url: str) -> str:
    """Where the sandbox is, how to get a token for it, three requests to try, and where its books are."""
    curl = "curl -k" if settings.tls_self_signed else "curl"
    token = (
        f"  {curl} -d grant_type=client_credentials -d scope=vismanet_erp_service_api -d tenant_id={TENANT_ID} \\\n"
        f"       -d client_id={CLIENT_ID} -d client_secret={CLIENT_SECRET} {url}/connect/token"
    )
    if settings.open_mode:
        access, header = "Open to this machine without a token. With one, as in production:", ""
    else:
        access, header = "Every request needs a token:", ' -H "Authorization: Bearer $TOKEN"'
    invoice = (
        '{"customerNumber":{"value":"20001"},"invoiceLines":[{"inventoryNumber":{"value":"A"},"quantity":{"value":1}}]}'
    )
    kept = "nowhere: gone when it stops" if settings.throw_away else f"in {settings.data_dir}"
    return "\n".join(
        (
            f"Reskontra sandbox: {url}",
            "",
            access,
            token,
            "",
            "Try:",
            f"  {curl}{header} {url}/v1/customer",
            f"  {curl}{header} {url}/v1/customerinvoice/003547",
            f"  {curl} -i{header} -H 'Content-Type: application/json' {url}/v1/customerinvoice \\",
            f"       -d '{invoice}'",
            "",
            f"Books are kept {kept}. Ctrl-C stops everything.",
        )
    )
