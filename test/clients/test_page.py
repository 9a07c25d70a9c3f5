"""The page of examples/app in Chromium, with the rights of the profile 'app'."""

import json
import pathlib

import browser
import databases
import pytest
from selenium.webdriver.common.by import By
from service import api, config, worker

pytestmark = pytest.mark.plans

ROOT = pathlib.Path(__file__).parent.parent.parent
TALK = {
    "text": "", "segments": [
        {"start": 0.0, "end": 2.4, "text": " Xin chào các bạn.", "speaker": "SPEAKER_00"},
        {"start": 2.4, "end": 5.1, "text": " Chào chị, hôm nay trời đẹp quá!", "speaker": "SPEAKER_01"},
        {"start": 5.1, "end": 9.0, "text": " <img src=x onerror=alert(1)> & \"</li>\"", "speaker": "<b>SPEAKER_02</b>"}],
    "language": "vi"}
MEETING = {
    "text": "", "language": "vi", "segments": [
        {"start": start, "end": start + 3.5, "text": " " + text, "speaker": f"SPEAKER_0{speaker}"} for start, speaker, text in (
            (0.0, 0, "Chào cả nhà, ta bắt đầu nhé."), (4.0, 1, "Dạ, em đã gửi hợp đồng cho bên Đà Nẵng hôm qua."),
            (8.0, 1, "Họ hẹn trả lời trước thứ Sáu."), (12.0, 0, "Tốt. Còn phần âm thanh của hội thảo thì sao?"),
            (16.0, 2, "Bản ghi dài hai tiếng, em gửi đi nhận dạng sáng nay."), (20.0, 2, "Có vài chỗ tên người bị sai, em sẽ sửa tay."),
            (24.0, 0, "Cảm ơn em. Nhớ đặt tên cho từng người nói."))]}


@pytest.fixture
def server(monkeypatch, database, tmp_path):
    place = databases.Place(database)
    monkeypatch.setattr(config, "DATABASE_URL", place.url("postgresql+asyncpg"))
    monkeypatch.setattr(config, "PGBOUNCER", False)
    monkeypatch.setattr(config, "QUEUE", "celery")
    monkeypatch.setattr(config, "CAPTION_SECONDS", 0.1)
    monkeypatch.setitem(worker.celery.conf, "task_always_eager", True)
    running = browser.Server(api.make_app())
    yield running
    running.stop()


@pytest.fixture
def page(server, tmp_path):
    opened = browser.Page(tmp_path)
    opened.driver.get(server.url)
    yield opened
    opened.quit()


def register(page, name="lan"):
    page.wait(lambda: page.one("#register").is_displayed())
    page.fill("#register", name="Nguyễn Thị Lan", user_name=name, email=f"{name}@example.com", password="mật khẩu")
    page.click("#register button")
    page.wait(lambda: page.one("#workspace").is_displayed())
    page.wait(lambda: page.one("#left").is_displayed())


def upload(page, folder, document, name):
    file = folder / name
    file.write_text(document, encoding="utf-8")
    page.one("#upload [type=file]").send_keys(str(file))
    page.click("#upload button")
    page.shows("#transcript-title", name)


def lines(page):
    return page.texts(".said .text")


def test_signing_in(page):
    register(page)
    assert page.text("#login") == "lan"
    page.shows("#minutes", "0 of 30")
    page.driver.refresh()
    page.shows("#login", "lan")
    page.click("#sign-out")
    page.fill("#sign-in", login="lan", password="wrong")
    page.click("#sign-in button")
    page.shows("#message", "wrong login or password")
    page.fill("#sign-in", login="LAN@example.com", password="mật khẩu")
    page.click("#sign-in button")
    page.shows("#login", "LAN@example.com")
    assert not page.one("#message").is_displayed()
    # Refused requests are in the console of the browser, and nothing else.
    assert [text for text in page.complaints() if "401" not in text] == []


def test_transcript(page, tmp_path):
    """Upload, the transcript with its speakers, search, every download."""
    register(page)
    upload(page, tmp_path, json.dumps(TALK), "cuộc gọi.json")
    page.wait(lambda: len(lines(page)) == 3)
    # What was said is text, whatever it looks like.
    assert lines(page) == [segment["text"].strip() for segment in TALK["segments"]]
    assert page.texts(".said .speaker") == ["SPEAKER_00", "SPEAKER_01", "<b>SPEAKER_02</b>"]
    page.shows("#minutes", "0.2 of 30")
    page.shows("#count", "1 of 10")
    page.shows("#recordings .badge", "done")

    page.fill("#search", q="troi dep")
    page.click("#search button")
    page.shows("#hits", "1 found")
    assert page.texts("#hits mark") == ["trời", "đẹp"]
    page.click("#hits .hit")
    page.wait(lambda: "hôm nay" in page.text(".said.found"))

    for link in page.all(".tools a"):
        link.click()
        assert "hôm nay trời đẹp" in page.downloaded(link.get_attribute("download"))
    assert len(page.all(".tools a")) == 8
    page.click("#statement summary")
    page.shows("#statement", "charge")
    assert page.complaints() == []


def test_editing(page, tmp_path, owner):
    """Correct, rename a speaker, undo both, see it; search and downloads follow; nobody is overwritten unseen."""
    register(page)
    upload(page, tmp_path, json.dumps(MEETING), "họp sáng thứ Hai.json")
    page.wait(lambda: len(lines(page)) == 7)
    before = lines(page)

    def correct(idx, text):
        page.click(f"#said-{idx} .edit")
        page.fill(f"#said-{idx}", text=text)
        page.click(f"#said-{idx} form button")

    correct(1, "Dạ, em đã gửi hợp đồng <mới> cho bên Đà Nẵng hôm qua.")
    page.wait(lambda: lines(page)[1] == "Dạ, em đã gửi hợp đồng <mới> cho bên Đà Nẵng hôm qua.")
    page.click(".speakers .chip")
    page.fill(".speakers", speaker="Chị Lan")
    page.click(".speakers form button")
    page.wait(lambda: page.text(".said .speaker") == "Chị Lan")
    page.click("#history")
    page.wait(lambda: len(page.all(".history li")) == 2)
    page.fill("#search", q="hop dong moi")
    page.click("#search button")
    page.shows("#hits", "1 found")
    page.picture("page-edit.png")
    page.one(".tools a").click()
    assert "hợp đồng <mới>" in page.downloaded(page.one(".tools a").get_attribute("download"))

    page.click("#undo")
    page.wait(lambda: page.text(".said .speaker") == "SPEAKER_00")
    page.click("#undo")
    page.wait(lambda: lines(page) == before)
    page.wait(lambda: len(page.all(".history li")) == 4)
    assert not page.one("#undo").is_enabled()

    # Somebody else is quicker: the page says so and shows theirs.
    owner.execute("SELECT s2t_edit_segment(user_id, id, 0, 'Của người khác.') FROM recordings")
    correct(0, "Của tôi.")
    page.shows("#message", "transcript was changed meanwhile")
    page.wait(lambda: lines(page)[0] == "Của người khác.")
    assert [text for text in page.complaints() if "409" not in text] == []


def test_parts(page, tmp_path):
    """Split at the cursor, join, put a better engine's transcript in the place of all, and take everything back."""
    register(page)
    upload(page, tmp_path, json.dumps(MEETING), "họp sáng thứ Hai.json")
    page.wait(lambda: len(lines(page)) == 7)
    before = lines(page)

    def edit(idx):
        page.click(f"#said-{idx} .edit")
        return page.one(f"#said-{idx} textarea")

    text = edit(3)
    page.driver.execute_script("arguments[0].setSelectionRange(4, 4)", text)
    page.click("#said-3 .split")
    page.wait(lambda: lines(page) == [*before[:3], "Tốt.", "Còn phần âm thanh của hội thảo thì sao?", *before[4:]])
    # Said at one pace: four of forty-four characters of three and a half seconds.
    assert page.one("#said-4 time").get_attribute("datetime") == "PT12.318S"
    edit(3)
    page.click("#said-3 .merge")
    page.wait(lambda: lines(page) == before)
    edit(6)
    assert not page.one("#said-6 .merge").is_enabled()
    page.fill("#said-6", text="Cảm ơn.")
    page.click("#said-6 .split")
    page.shows("#message", "Save the correction first.")

    better = tmp_path / "tốt hơn.srt"
    better.write_text("1\n00:00:00,000 --> 00:00:03,000\nChào cả nhà!\n", encoding="utf-8")
    page.click("#replace")
    page.one("#replacement [type=file]").send_keys(str(better))
    page.click("#replacement button")
    page.wait(lambda: lines(page) == ["Chào cả nhà!"])
    page.click("#history")
    page.wait(lambda: [text.split()[1] for text in page.texts(".history li")] == ["replaced", "merged", "split"])
    page.shows("#count", "1 of 10")
    for _ in range(3):
        page.click("#undo")
        page.wait(lambda count=len(page.all(".history li")): len(page.all(".history li")) > count)
    page.wait(lambda: lines(page) == before)
    assert page.complaints() == []


def test_progress(page, owner):
    """How much has been heard is in the list, also of what nobody has opened."""
    register(page)
    owner.execute("""SELECT s2t_append_segments(recording_id, '[]', 42000) FROM users AS u,
        s2t_create_recording(u.id, 'realtime', in_meta => '{"title": "Bài giảng", "expected_ms": 60000}', in_priority => 1)""")
    page.driver.refresh()
    page.shows("#recordings .when", "0:42 heard, waiting for a worker")
    bar = page.one("#recordings progress")
    assert (float(bar.get_attribute("value")), float(bar.get_attribute("max"))) == (42000, 60000)
    owner.execute("SELECT s2t_claim_recordings('w1')")
    page.shows("#recordings .when", "at a worker")
    assert page.complaints() == []


def test_what_went_wrong(page, tmp_path, owner):
    register(page)
    upload(page, tmp_path, '{"nothing": "known"}', "lạ.json")
    page.shows("#transcript .badge", "failed")
    page.shows("#transcript .about", "invalid transcript")
    owner.execute("UPDATE plans SET monthly_usage_limit = 0 WHERE code = 'FREE'")
    page.click("#go-live")
    page.shows("#message", "recording limit reached")


def test_live(page, owner, monkeypatch):
    """Captions come as they are stored, in order, once; the quota moves; it can be stopped, and read again."""
    said = [segment["text"].strip() for segment in json.loads(config.LECTURE.read_text(encoding="utf-8"))]
    monkeypatch.setattr(config, "LIVE_SPEED", 20)
    register(page)
    owner.execute("SELECT s2t_add_credit((SELECT id FROM users), 5, 60, NULL, 'welcome')")
    page.click("#go-live")
    page.shows("#transcript .badge", "live")
    page.wait(lambda: len(lines(page)) >= 3)
    assert page.all("#recordings progress")
    page.shows("#held", "Held for what is being recorded")
    assert page.text(".credit").startswith("Credit: 5 recordings, 60 minutes")
    # A browser that was away goes on where it was.
    page.driver.refresh()
    page.click("#recordings .row")
    page.wait(lambda: len(lines(page)) >= 6)
    page.wait(lambda: float(page.one("#recordings progress").get_attribute("value") or 0) > 0)
    page.picture("page-live.png")
    page.click("#stop")
    page.shows("#transcript .badge", "done")
    page.wait(lambda: not page.all("#held"))
    there = lines(page)
    assert there == said[:len(there)]
    status, count, seconds = owner.execute(
        "SELECT status, segment_count, ceil(duration_ms / 1000.0) FROM recordings").fetchone()
    assert (status, count) == ("done", len(there))
    assert owner.execute("SELECT used_seconds FROM user_subscriptions").fetchone() == (seconds,)
    assert page.complaints() == []


def test_live_to_the_end(page, owner, monkeypatch):
    """The lecture ends by itself, and so does a quota."""
    monkeypatch.setattr(config, "LIVE_SPEED", 100_000)
    register(page)
    page.click("#go-live")
    page.wait(lambda: len(lines(page)) == 215)
    page.shows("#transcript .badge", "done")
    owner.execute("UPDATE plans SET monthly_minutes = 22 WHERE code = 'FREE'")
    page.click("#go-live")
    page.wait(lambda: page.text("#transcript .badge") == "done" and 1 < len(lines(page)) < 215)
    page.shows("#left", "0 minutes")


def test_accessible(page, tmp_path):
    """Everything that can be filled in or pressed has a name; headings, landmarks, language are there."""
    register(page)
    upload(page, tmp_path, json.dumps(TALK), "cuộc gọi.json")
    page.wait(lambda: page.all(".tools a"))
    for element in page.all("button, a, input, textarea, progress, [role=meter]"):
        assert element.accessible_name or not element.is_displayed(), element.get_attribute("outerHTML")
    assert page.one("html").get_attribute("lang") == "en"
    assert page.one(".lines").get_attribute("lang") == "vi"
    visible = lambda selector: [element for element in page.all(selector) if element.is_displayed()]
    assert len(visible("main")) == len(visible("h1")) == 1
    # Without a mouse: from the search field into the list, and a recording opens.
    page.driver.execute_script("document.querySelector('#recordings .row').focus()")
    page.driver.switch_to.active_element.send_keys("\n")
    page.shows("#transcript-title", "cuộc gọi.json")


def test_requests_of_other_pages(page, server):
    """The cookie alone changes nothing: the token of the page is asked for, and scripts do not see the cookie."""
    register(page)
    assert page.driver.execute_script("return document.cookie") == ""
    cookie, = page.driver.get_cookies()
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    status = page.driver.execute_async_script(
        "const done = arguments[arguments.length - 1]; fetch('/live', {method: 'POST'}).then((answer) => done(answer.status))")
    assert status == 403
    assert page.driver.find_elements(By.CSS_SELECTOR, "#recordings .row") == []


def test_no_other_sources():
    """The page loads nothing from anywhere else, and has no script or style of its own inside."""
    static = ROOT / "examples/app/service/static"
    for path in static.iterdir():
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert "//" not in text.replace("// ", "") and "innerHTML" not in text, path.name
    html = (static / "index.html").read_text(encoding="utf-8")
    assert "style=" not in html and "onclick" not in html and "<script>" not in html
