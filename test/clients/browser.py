"""The example's page in a real browser: the application on a free port, and Debian's Chromium without a window.

With S2T_SCREENSHOTS=FOLDER the tests leave pictures of the page there: those of docs/images.
"""

import os
import pathlib
import shutil
import socket
import subprocess
import threading
import time

import uvicorn
from selenium import webdriver
from selenium.common.exceptions import TimeoutException
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

PATIENCE = int(os.environ.get("S2T_PATIENCE", "180"))  # seconds: for a machine that has a lot to do
CHROMIUM, DRIVER = "/usr/bin/chromium", "/usr/bin/chromedriver"


class Server:
    """The application in a thread."""

    def __init__(self, app):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        self.server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [self.socket]})
        self.thread.start()
        while not self.server.started:
            assert self.thread.is_alive(), "the application does not start"
            time.sleep(0.05)

    def stop(self):
        # An open stream of captions holds up nobody.
        self.server.should_exit = self.server.force_exit = True
        self.thread.join()
        self.socket.close()


class Page:
    """What a person does with the page. Elements are found by what they are for."""

    def __init__(self, folder: pathlib.Path):
        self.downloads = folder / "downloads"
        self.downloads.mkdir()
        options = Options()
        options.binary_location = CHROMIUM
        for argument in ("--headless=new", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--lang=en",
                         "--hide-scrollbars", "--window-size=1280,1000", f"--user-data-dir={folder / 'profile'}",
                         # The sandbox wants namespaces, which containers do not give; what is shown is our own.
                         "--no-sandbox"):
            options.add_argument(argument)
        options.add_experimental_option("prefs", {"download.default_directory": str(self.downloads)})
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(service=Service(DRIVER, log_path=str(folder / "chromedriver.log")), options=options)

    def quit(self):
        self.driver.quit()

    def wait(self, condition):
        """The value of condition(), as soon as it is one."""
        try:
            return WebDriverWait(self.driver, PATIENCE, poll_frequency=0.1, ignored_exceptions=(Exception,)).until(lambda _: condition())
        except TimeoutException as error:
            raise AssertionError(f"after {PATIENCE} s the page is:\n{self.text('body')}\n{self.driver.get_log('browser')}") from error

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def texts(self, selector):
        """Of all of them at one moment: between two questions the page may draw them anew."""
        return self.driver.execute_script("return Array.from(document.querySelectorAll(arguments[0]), e => e.innerText.trim())", selector)

    def text(self, selector):
        return self.texts(selector)[0]

    def shows(self, selector, text):
        self.wait(lambda: text in self.text(selector))

    def click(self, selector):
        self.wait(lambda: self.one(selector).is_displayed())
        # A click goes to a place: where the page grows above it meanwhile, it meets something else.
        self.wait(lambda: self.stands_still(selector))
        # The list is drawn again and again while something is under way.
        self.wait(lambda: self.one(selector).click() or True)

    def stands_still(self, selector):
        before = self.one(selector).rect
        time.sleep(0.05)
        return self.one(selector).rect == before

    def fill(self, form, **fields):
        for name, value in fields.items():
            field = self.wait(lambda name=name: self.one(f"{form} [name={name}]"))
            field.clear()
            field.send_keys(value)

    def downloaded(self, name):
        path = self.downloads / name
        # The name is there before the content.
        return self.wait(lambda: path.read_text(encoding="utf-8"))

    def complaints(self):
        """What the browser had to say: errors of scripts, files that are missing, what the policy kept out."""
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] == "SEVERE"]

    def picture(self, name):
        """In 64 colours, a fifth of the size, where there is ffmpeg."""
        folder = os.environ.get("S2T_SCREENSHOTS")
        if not folder:
            return
        path = pathlib.Path(folder) / name
        self.driver.save_screenshot(str(path))
        if shutil.which("ffmpeg"):
            small = path.with_suffix(".small.png")
            subprocess.run(["ffmpeg", "-loglevel", "error", "-y", "-i", path, "-vf",
                            "split[a][b];[a]palettegen=max_colors=96:stats_mode=single[p];[b][p]paletteuse=dither=none", small], check=True)
            small.replace(path)
