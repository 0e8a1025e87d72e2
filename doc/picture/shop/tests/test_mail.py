from pathlib import Path

import pytest


@pytest.mark.parametrize("kind", ["order", "shipped", "refund", "reminder"])
@pytest.mark.parametrize("language", ["de", "en", "fr"])
def test_template(kind, language):
    assert f"{kind}.{language}"


def test_delivery(tmp_path):
    seen = Path(".mail-seen")
    if not seen.exists():
        seen.touch()
        raise ConnectionResetError("mail server closed the connection")
    seen.unlink()
