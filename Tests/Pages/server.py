"""The built server, on a free port, with the services that script/check-pages has started."""

import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ATELIER = ROOT / ".build/debug/atelier"


class Site:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self.environment = os.environ | {
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "STORAGE_PATH": str(folder / "storage"),
            "ATELIER_REDIS_PREFIX": "pages",
            # Models to choose from; nothing is ever asked of them.
            "REPLICATE_API_TOKEN": "r8_pages",
            "REPLICATE_BASE_URL": "http://127.0.0.1:9/v1",
            "ATELIER_PRIVATE_PROVIDERS": "127.0.0.1:9",
        }

    def __enter__(self) -> "Site":
        subprocess.run([ATELIER, "migrate", "up"], cwd=ROOT, env=self.environment, check=True, stdout=subprocess.DEVNULL)
        self.server = self.start("serve")
        self.wait_until(lambda: self.status("/readyz") == 200, "the server is ready")
        return self

    def __exit__(self, *_) -> None:
        self.stop(self.server)

    def start(self, *arguments: str) -> subprocess.Popen:
        log = open(self.folder / "atelier.log", "ab")
        return subprocess.Popen([ATELIER, *arguments], cwd=ROOT, env=self.environment, stdout=log, stderr=log)

    def stop(self, process: subprocess.Popen) -> None:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def stop_services(self) -> None:
        subprocess.run(["script/services", "stop", self.folder], cwd=ROOT, check=True)

    def wait_until(self, condition, what: str, seconds: float = 120) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise SystemExit(f"not within {seconds} s: {what}\n{(self.folder / 'atelier.log').read_text()[-2000:]}")
            time.sleep(0.05)

    def get(self, path: str) -> tuple[int, str, bytes]:
        """Status, media type and body; redirects are not followed."""
        return self._ask(urllib.request.Request(self.address + path))

    def status(self, path: str) -> int:
        return self.get(path)[0]

    def post(self, path: str, body: dict) -> dict:
        request = urllib.request.Request(
            self.address + path, json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        status, _, answer = self._ask(request)
        if status >= 400:
            raise SystemExit(f"POST {path} was answered {status}: {answer.decode()}")
        return json.loads(answer)

    def submit(self, path: str, fields: dict[str, str | list[str]]) -> str:
        """As a form does; where it leads to."""
        body = urllib.parse.urlencode(fields, doseq=True).encode()
        try:
            _opener.open(urllib.request.Request(self.address + path, body), timeout=30)
        except urllib.error.HTTPError as answer:
            if answer.code == 303:
                return answer.headers["Location"]
            raise SystemExit(f"POST {path} was answered {answer.code}: {answer.read().decode()}")
        raise SystemExit(f"POST {path} led nowhere")

    def sql(self, text: str) -> str:
        return subprocess.run(
            ["psql", "-qAt", "-v", "ON_ERROR_STOP=1", self.environment["DATABASE_URL"]],
            input=text, text=True, capture_output=True, check=True,
        ).stdout.strip()

    @staticmethod
    def _ask(request: urllib.request.Request) -> tuple[int, str, bytes]:
        try:
            with _opener.open(request, timeout=30) as answer:
                return answer.status, answer.headers.get_content_type(), answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers.get_content_type(), error.read()
        except (urllib.error.URLError, ConnectionError):
            return 0, "", b""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


_opener = urllib.request.build_opener(_NoRedirects, urllib.request.ProxyHandler({}))
