"""The HTML reports of `bargein check`, opened in a headless Chromium."""

import argparse
import base64
import contextlib
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

BARGEIN = os.environ["BARGEIN"]
KEY = "reference-key"
OPTIONS = argparse.Namespace(work=pathlib.Path("."), screenshot=None)


@contextlib.contextmanager
def mutant(vendor, check):
    """A server that breaks the rule of one check; gives its address."""
    command = [BARGEIN, "mock", vendor, "--mutant", check]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True) as server:
        try:
            words = server.stdout.readline().split()
            yield next(word for word in words if word.startswith("http://"))
        finally:
            server.terminate()


def report(subject, vendor, check, *arguments):
    """The page of a run in which a check is broken."""
    page = OPTIONS.work / f"{subject}-{check}.html"
    with mutant(vendor, check) as url:
        command = [BARGEIN, "check", subject, url, "--key", KEY, "--report", f"html={page}", *arguments]
        run = subprocess.run(command, capture_output=True, text=True, timeout=300)
    if run.returncode != 4:
        raise AssertionError(f"{command} gave {run.returncode}, not 4\n{run.stdout}{run.stderr}")
    return page


def browser():
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=1120,1500"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService(executable_path=shutil.which("chromedriver"))
    return webdriver.Chrome(options=options, service=service)


class ReportCase(unittest.TestCase):
    """One page; each test opens it anew."""

    page = None

    @classmethod
    def setUpClass(cls):
        cls.browser = browser()
        cls.addClassCleanup(cls.browser.quit)

    def setUp(self):
        self.browser.get(self.page.as_uri())

    def tearDown(self):
        complaints = [entry for entry in self.browser.get_log("browser") if entry["level"] != "DEBUG"]
        self.assertEqual(complaints, [], "the console is not empty")
        loaded = self.browser.execute_script("return performance.getEntriesByType('resource').map(it => it.name)")
        self.assertEqual([name for name in loaded if not name.startswith("data:")], [], "the page loads something")

    def all(self, selector):
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector):
        found = self.all(selector)
        self.assertEqual(len(found), 1, f"{len(found)} of {selector}")
        return found[0]

    def click(self, element, block="center"):
        """In sight first: the page scrolls smoothly, and a click does not wait for that."""
        self.browser.execute_script("arguments[0].scrollIntoView({block: arguments[1], behavior: 'instant'})", element, block)
        element.click()

    def opened(self, check):
        """The broken check, opened by a click; gives what is in it."""
        details = self.one(f"#{check.lower()}")
        body = self.one(f"#{check.lower()}-evidence")
        self.assertFalse(body.is_displayed(), "it is open before the click")
        self.assertIn(details.get_attribute("class"), ("check fail", "check warn"))
        self.click(details.find_element(By.TAG_NAME, "summary"), "start")
        WebDriverWait(self.browser, 5).until(lambda _: body.is_displayed())
        return body

    def assert_drawn(self, within, selector):
        """Pictures are there, have a size, and hold something."""
        plots = within.find_elements(By.CSS_SELECTOR, selector)
        self.assertTrue(plots, f"no {selector}")
        for plot in plots:
            self.assertGreater(plot.rect["width"], 100, selector)
            self.assertGreater(plot.rect["height"], 40, selector)
            self.assertTrue(plot.get_attribute("aria-label"), selector)
            self.assertTrue(plot.find_elements(By.CSS_SELECTOR, "path, rect"), f"{selector} is empty")


class TtsReport(ReportCase):
    """A server whose audio stops in the middle: playback runs dry."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.page = report("tts", "custom", "LAT-05", "--only", "HTTP,CHK,WAV-01,PCM-01,LAT-01,LAT-02,LAT-05,LAT-06,LAT-07")

    def test_the_summary_and_the_plots_are_there(self):
        self.assertEqual(self.one("header .verdict").text, "failed")
        self.assertIn("LAT-05", self.one("#mend").text)
        self.assert_drawn(self.one("#latency"), "svg.histogram")
        self.assert_drawn(self.one("#latency"), "svg.waterfall")

    def test_a_click_on_the_failed_check_shows_its_evidence(self):
        body = self.opened("LAT-05")
        for words in ("POST /stream-audio HTTP/1.1", "Authorization: Bearer ***", "HTTP/1.1 200 OK", "0000  ", "curl "):
            self.assertIn(words, body.text)
        self.assertNotIn(KEY, self.browser.page_source)
        self.assert_drawn(body, "svg.timeline")
        self.assert_drawn(body, "svg.waveform")
        self.assertTrue(body.find_elements(By.CSS_SELECTOR, "svg.timeline rect.underrun"), "no underrun is marked")
        if OPTIONS.screenshot:
            self.click(self.one('input[value="broken"]'))
            bottom = self.browser.execute_script("return arguments[0].getBoundingClientRect().bottom + scrollY", body.find_elements(By.TAG_NAME, "figure")[-1])
            clip = {"x": 0, "y": 0, "width": 1105, "height": bottom + 20, "scale": 0.8}
            picture = self.browser.execute_cdp_cmd("Page.captureScreenshot", {"clip": clip, "captureBeyondViewport": True})
            OPTIONS.screenshot.write_bytes(base64.b64decode(picture["data"]))

    def test_the_sound_can_be_played(self):
        audio = self.opened("LAT-05").find_element(By.TAG_NAME, "audio")
        self.browser.execute_script("arguments[0].preload = 'metadata'; arguments[0].load()", audio)
        seconds = "return arguments[0].duration || 0"
        WebDriverWait(self.browser, 10).until(lambda it: it.execute_script(seconds, audio) > 1)
        self.assertIsNone(self.browser.execute_script("return arguments[0].error", audio))

    def test_what_to_mend_first_leads_to_the_check(self):
        body = self.one("#lat-05-evidence")
        self.click(self.one('#mend a[href="#lat-05-evidence"]'))
        WebDriverWait(self.browser, 5).until(lambda _: body.is_displayed())

    def test_checks_that_are_kept_can_be_left_out(self):
        self.assertTrue(self.one("#http-01").is_displayed())
        self.click(self.one('input[value="broken"]'))
        self.assertFalse(self.one("#http-01").is_displayed())
        self.assertTrue(self.one("#lat-05").is_displayed())

    def test_it_has_a_light_and_a_dark_side(self):
        def background(scheme):
            features = [{"name": "prefers-color-scheme", "value": scheme}]
            self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
            return self.browser.execute_script("return getComputedStyle(document.body).backgroundColor")

        self.assertNotEqual(background("light"), background("dark"))
        background("light")

    def test_it_can_be_used_without_eyes_and_mouse(self):
        self.assertEqual(self.browser.execute_script("return document.documentElement.lang"), "en")
        levels = [int(heading.tag_name[1]) for heading in self.all("h1, h2, h3, h4, h5")]
        self.assertEqual(levels[0], 1)
        steps = [(one, two) for one, two in zip(levels, levels[1:]) if two > one + 1]
        self.assertEqual(steps, [], "a level of headings is left out")
        self.assertEqual(self.all("svg:not([aria-label])"), [])
        self.browser.execute_script("arguments[0].focus()", self.one("#lat-05 > summary"))
        self.browser.switch_to.active_element.send_keys(" ")
        WebDriverWait(self.browser, 5).until(lambda _: self.one("#lat-05-evidence").is_displayed())


class LlmReport(ReportCase):
    """A model endpoint that never says that it is done."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.page = report("llm", "openai", "SSE-03", "--quick")

    def test_the_plots_are_there(self):
        self.assert_drawn(self.one("#latency"), "svg.histogram")
        self.assert_drawn(self.one("#latency"), "svg.waterfall")

    def test_a_click_on_the_failed_check_shows_its_evidence(self):
        body = self.opened("SSE-03")
        for words in ("no `[DONE]`", "POST /v1/chat/completions HTTP/1.1", "data: {", "0000  64 61 74 61"):
            self.assertIn(words, body.text)
        self.assert_drawn(body, "svg.timeline")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("work", type=pathlib.Path)
    parser.add_argument("--screenshot", type=pathlib.Path)
    parser.parse_args(namespace=OPTIONS)
    OPTIONS.work = OPTIONS.work.resolve()
    unittest.main(argv=sys.argv[:1], verbosity=2)
