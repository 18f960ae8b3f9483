//! What a person's hands do: pressing, typing, pasting, scrolling.

use std::time::{Duration, Instant};

use fantoccini::Locator;
use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use fantoccini::elements::Element;
use fantoccini::key::Key;
use serde_json::json;

use super::{PATIENCE, Window};

impl Window {
    /// Waits for an element and presses it; waits until it is enabled and nothing lies above it.
    ///
    /// # Panics
    /// When it cannot be pressed.
    pub async fn press(&self, testid: &str) {
        self.press_at(&Self::css(testid)).await;
    }

    async fn press_at(&self, css: &str) {
        self.wait_for(css, PATIENCE).await;
        let deadline = Instant::now() + PATIENCE;
        let mut refusal = "it is disabled".to_owned();
        loop {
            if self.holds_still(css).await
                && let Ok(element) = self.order(css, self.client.find(Locator::Css(css))).await
            {
                match self.order(css, element.click()).await {
                    Ok(()) => return,
                    Err(error) => refusal = error.to_string(),
                }
            }
            let now = Instant::now();
            assert!(
                now < deadline,
                "{css} cannot be pressed ({refusal}); on screen:\n{}",
                self.page_text().await
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// As [`Self::press`], of the element inside another one, where the page has it twice.
    ///
    /// # Panics
    /// When it cannot be pressed.
    pub async fn press_inside(&self, outer: &str, testid: &str) {
        self.press_at(&format!("{} {}", Self::css(outer), Self::css(testid))).await;
    }

    /// Brings an element to the middle of the screen and says whether it stays there and can be pressed: nobody aims at
    /// what is still moving.
    async fn holds_still(&self, css: &str) -> bool {
        let script = "const [css, done] = arguments; const e = document.querySelector(css);\
             if (!e || e.disabled || e.getAttribute('aria-disabled') === 'true') return done(false);\
             e.scrollIntoView({block: 'center'}); const before = e.getBoundingClientRect();\
             setTimeout(() => { const now = e.getBoundingClientRect();\
               done(e.isConnected && now.top === before.top && now.left === before.left && now.height > 0); }, 120);";
        let still = self.order(css, self.client.execute_async(script, vec![json!(css)])).await;
        still.is_ok_and(|still| still == json!(true))
    }

    /// Types into a field, replacing what stands there.
    ///
    /// # Panics
    /// When the field is missing.
    pub async fn fill(&self, testid: &str, text: &str) {
        self.wait(testid).await;
        let field = self.field(testid).await;
        self.order(testid, field.clear()).await.expect("the field can be emptied");
        self.order(testid, field.send_keys(text)).await.expect("the field takes text");
    }

    /// Pastes a text into a field from the clipboard. It gets there as it does for a person: typed into another
    /// field, selected and cut.
    ///
    /// # Panics
    /// When a field is missing or does not hold the text afterwards.
    pub async fn paste(&self, testid: &str, text: &str, from: &str) {
        self.fill(from, text).await;
        self.chord(from, 'a').await;
        self.chord(from, 'x').await;
        self.chord(testid, 'v').await;
        let script = "return document.querySelector(arguments[0]).value";
        let value = self.script(script, vec![json!(Self::css(testid))]).await;
        assert_eq!(value, json!(text), "pasted into {testid}");
    }

    /// Chooses a picture in a field for files, as the system's dialogue does when the person has found it.
    ///
    /// # Panics
    /// When the field is missing.
    pub async fn choose(&self, testid: &str, png: &[u8]) {
        self.wait(testid).await;
        let script = "const bytes = Uint8Array.from(atob(arguments[1]), c => c.charCodeAt(0));\
             const chosen = new DataTransfer(); chosen.items.add(new File([bytes], 'code.png', {type: 'image/png'}));\
             const field = document.querySelector(arguments[0]); field.files = chosen.files; const count = field.files.length;\
             field.dispatchEvent(new Event('change', {bubbles: true})); return count";
        let arguments = vec![json!(Self::css(testid)), json!(data_encoding::BASE64.encode(png))];
        assert_eq!(self.script(script, arguments).await, json!(1), "a picture is chosen in {testid}");
    }

    /// Control and a letter, in a field.
    async fn chord(&self, testid: &str, letter: char) {
        let field = self.field(testid).await;
        let keys = format!("{}{letter}{}", char::from(Key::Control), char::from(Key::Null));
        self.order(testid, field.send_keys(&keys)).await.expect("the field takes keys");
    }

    async fn field(&self, testid: &str) -> Element {
        let css = Self::css(testid);
        self.order(testid, self.client.find(Locator::Css(&css))).await.expect("a field")
    }

    /// Presses keys one after another, wherever the focus is.
    ///
    /// # Panics
    /// When the window does not take them.
    pub async fn keys(&self, keys: &str) {
        let mut actions = KeyActions::new("keyboard".into());
        for value in keys.chars() {
            actions = actions.then(KeyAction::Down { value }).then(KeyAction::Up { value });
        }
        self.order("keys", self.client.perform_actions(actions)).await.expect("the window takes keys");
    }

    /// Scrolls an element by a part of its own height; says whether it could.
    pub async fn scroll(&self, testid: &str, part: f64) -> bool {
        let script = "const e = document.querySelector(arguments[0]); const before = e.scrollTop;\
             e.scrollBy(0, e.clientHeight * arguments[1]); return e.scrollTop !== before;";
        self.script(script, vec![json!(Self::css(testid)), json!(part)]).await == json!(true)
    }

    /// Scrolls the page back to its beginning.
    pub async fn to_top(&self) {
        let script =
            "document.querySelectorAll('[data-scroller]').forEach(e => e.scrollTo(0, 0)); return true";
        self.script(script, Vec::new()).await;
    }
}
