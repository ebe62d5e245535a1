"""Pictures that pages carry with them."""

import segno


def qr_code(content: str) -> str:
    """A QR code as an address (data:) which a page shows without another request."""
    return segno.make(content, error="m").svg_data_uri(scale=5, border=4)
