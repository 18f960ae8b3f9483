//! What a person's eyes do: waiting for what is on screen, reading it, keeping a picture; and what axe sees.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use fantoccini::Locator;
use serde_json::{Value, json};

use super::{PATIENCE, Window};
use crate::binaries;

impl Window {
    pub(super) fn css(testid: &str) -> String {
        format!("[data-testid=\"{testid}\"]")
    }

    /// Waits until an element is on screen.
    ///
    /// # Panics
    /// With the visible text of the page when it does not come.
    pub async fn wait(&self, testid: &str) {
        let css = Self::css(testid);
        self.wait_for(&css, PATIENCE).await;
    }

    /// Waits until an element that is nested in another, or has an attribute, is on screen: any selector.
    ///
    /// # Panics
    /// With the visible text of the page when it does not come in time.
    pub async fn wait_for(&self, css: &str, patience: Duration) {
        let deadline = Instant::now() + patience;
        while self.count(css).await == 0 {
            let now = Instant::now();
            assert!(now < deadline, "{css} does not appear; on screen:\n{}", self.page_text().await);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Waits until no message lies above the page.
    ///
    /// # Panics
    /// When one stays.
    pub async fn wait_for_calm(&self) {
        self.wait_gone("toast").await;
    }

    /// Waits until an element is not there any more.
    ///
    /// # Panics
    /// With the visible text of the page when it stays.
    pub async fn wait_gone(&self, testid: &str) {
        let deadline = Instant::now() + PATIENCE;
        while self.has(testid).await {
            let now = Instant::now();
            assert!(now < deadline, "{testid} stays; on screen:\n{}", self.page_text().await);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// How many elements match a selector now.
    pub async fn count(&self, css: &str) -> usize {
        let found = self.order(css, self.client.find_all(Locator::Css(css))).await;
        found.map_or(0, |found| found.len())
    }

    /// Whether an element is there now.
    pub async fn has(&self, testid: &str) -> bool {
        self.count(&Self::css(testid)).await > 0
    }

    /// Whether a button is there and can be pressed.
    pub async fn is_enabled(&self, testid: &str) -> bool {
        let script = "const e = document.querySelector(arguments[0]); return e !== null && !e.disabled";
        self.script(script, vec![json!(Self::css(testid))]).await == json!(true)
    }

    /// Names of all elements that begin with `prefix`, from top to bottom.
    pub async fn names(&self, prefix: &str) -> Vec<String> {
        let script = "return [...document.querySelectorAll(`[data-testid^='${arguments[0]}']`)].map(e => e.dataset.testid)";
        let names = self.script(script, vec![json!(prefix)]).await;
        serde_json::from_value(names).expect("a list of names")
    }

    /// Looks through a list, scrolling it, for the element whose name begins with `prefix` and that shows `text`;
    /// gives its name.
    ///
    /// # Panics
    /// When there is none.
    pub async fn find(&self, prefix: &str, text: &str) -> String {
        let script = "const hit = [...document.querySelectorAll(`[data-testid^='${arguments[0]}']`)]\
             .find(e => e.innerText.includes(arguments[1]));\
             if (hit) return hit.dataset.testid;\
             const long = [...document.querySelectorAll('[data-scroller]')].filter(e => e.scrollHeight > e.clientHeight + 2);\
             for (const e of long) e.scrollTop + e.clientHeight >= e.scrollHeight - 2 ? e.scrollTo(0, 0) : e.scrollBy(0, e.clientHeight / 2);\
             return null;";
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Value::String(name) = self.script(script, vec![json!(prefix), json!(text)]).await {
                return name;
            }
            let now = Instant::now();
            assert!(now < deadline, "no {prefix}… shows {text:?}; on screen:\n{}", self.page_text().await);
            tokio::time::sleep(Duration::from_millis(150)).await;
        }
    }

    /// Visible text of an element.
    ///
    /// # Panics
    /// When it does not appear.
    pub async fn text(&self, testid: &str) -> String {
        self.wait(testid).await;
        let css = Self::css(testid);
        let element = self.order(testid, self.client.find(Locator::Css(&css))).await.expect("an element");
        self.order(testid, element.text()).await.expect("a text")
    }

    /// Waits until the element's text holds `part`.
    ///
    /// # Panics
    /// With the last text when it never does.
    pub async fn wait_text(&self, testid: &str, part: &str) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let text = self.text(testid).await;
            if text.contains(part) {
                return;
            }
            assert!(Instant::now() < deadline, "{testid} does not say {part:?} but {text:?}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Everything that can be read on the page.
    pub async fn page_text(&self) -> String {
        let text = self.script("return document.body ? document.body.innerText : ''", Vec::new()).await;
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Runs a script in the page.
    ///
    /// # Panics
    /// When it throws.
    pub async fn script(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.order(script, self.client.execute(script, arguments)).await.expect("the script runs")
    }

    /// Size of the page in CSS pixels.
    pub async fn pixels(&self) -> (u64, u64) {
        let size = self.script("return [innerWidth, innerHeight]", Vec::new()).await;
        (size[0].as_u64().unwrap_or(0), size[1].as_u64().unwrap_or(0))
    }

    /// Looks at a screen: keeps its picture, and lets axe find nothing. Nothing on it may be wider than the screen.
    ///
    /// # Panics
    /// With what axe found.
    pub async fn look(&self, screen: &str) {
        // Sheets and toasts come in motion, fonts a moment after the text.
        self.script("document.fonts.ready.then(() => 0); return 0", Vec::new()).await;
        tokio::time::sleep(Duration::from_millis(400)).await;
        let name = format!("{screen}-{}-kk", self.size.name());
        self.keep_picture(&name).await;
        assert_eq!(self.pixels().await, self.size.pixels(), "the size of {name}");
        let lang = self.script("return document.documentElement.lang", Vec::new()).await;
        assert_eq!(lang, json!("kk"), "the language of {name}");
        let overflow =
            self.script("return document.documentElement.scrollWidth - innerWidth", Vec::new()).await;
        assert!(overflow.as_i64().is_some_and(|width| width <= 0), "{name} is {overflow} px too wide");
        self.let_axe_look(&name).await;
        eprintln!("looked at {name}");
    }

    /// What is on the screen now, as PNG: what the camera of another device sees.
    ///
    /// # Panics
    /// When the window gives none.
    pub async fn picture(&self) -> Vec<u8> {
        self.order("a picture", self.client.screenshot()).await.expect("a picture")
    }

    /// Pictures are made in `target/screens`. Those of docs/screens are part of the product's documents: they change
    /// when somebody asks for it with `ESEP_SCREENS=keep`, not with each run of the tests, and appear when missing.
    async fn keep_picture(&self, name: &str) {
        let png = self.picture().await;
        let target = binaries::path("esep").parent().expect("a program lies in a folder").join("../screens");
        let kept = binaries::root().join("docs/screens");
        let write = |folder: PathBuf| {
            std::fs::create_dir_all(&folder).expect("the folder can be made");
            std::fs::write(folder.join(format!("{name}.png")), &png).expect("the picture can be written");
        };
        write(target);
        let is_missing = !kept.join(format!("{name}.png")).exists();
        if is_missing || std::env::var("ESEP_SCREENS").is_ok_and(|wish| wish == "keep") {
            write(kept);
        }
    }

    async fn let_axe_look(&self, name: &str) {
        let path = binaries::root().join("node_modules/axe-core/axe.min.js");
        let source = std::fs::read_to_string(path).expect("axe-core is installed by npm");
        // Runs as a function of the driver, so the page's policy against foreign scripts stays as it is.
        self.script(&format!("{source}; window.axe = window.axe || axe; return true"), Vec::new()).await;
        let run = "const done = arguments[arguments.length - 1];\
             window.axe.run(document, {resultTypes: ['violations']}).then(r => done(r.violations.map(v => \
             v.id + ': ' + v.nodes.map(n => n.html + ' ' + n.failureSummary).join(' | '))), e => done([String(e)]))";
        let found = self.order("axe", self.client.execute_async(run, Vec::new())).await.expect("axe runs");
        assert_eq!(found, json!([]), "axe on {name}");
    }
}
