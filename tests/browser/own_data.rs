//! Data of one's own: drawn by pointer and by keys, pasted, and out of a file; what is wrong is said and changes nothing.

use std::{fs, io::Write as _, path::PathBuf};

use adversaria_tests::browser::Page;
use anyhow::{Context, Result, ensure};
use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};

use crate::{
    browse,
    scenes::stage,
    steps::{drag, give},
};

const SCENE: &str = "#data=ring8&backend=cpu&seed=3&theme=light";

/// Keys to an element that has the focus.
async fn keys(page: &Page, id: &str, list: &[&str]) -> Result<()> {
    let script =
        "const [id, keys] = arguments, on = document.querySelector(`[data-testid='${id}']`);
        on.focus();
        if (document.activeElement !== on) throw new Error(`${id} takes no focus`);
        for (const key of keys) {
            const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true });
            if (on.dispatchEvent(event)) throw new Error(`${key} does nothing`);
        }";
    page.run(script, &[json!(id), json!(list)]).await.map(|_| ())
}

async fn open_editor(page: &Page, button: &str, within: &str) -> Result<()> {
    page.click(button).await?;
    page.until("the editor is open", async || page.has(within).await).await
}

/// The field of the run on stage, once it is no longer what it was.
async fn field(page: &Page, key: &str, before: &str) -> Result<String> {
    let script = format!("return a.spec()['{key}'] ?? ''");
    page.until(&format!("{key} changes"), async || {
        Ok(page.api(&script).await?.as_str().is_some_and(|now| now != before))
    })
    .await?;
    Ok(page.api(&script).await?.as_str().context("no text")?.to_owned())
}

/// Lets a file fall onto the page.
const DROP: &str = "const [name, bytes] = arguments, dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([new Uint8Array(bytes)], name));
    const event = new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true });
    document.querySelector('[data-testid=stage]').dispatchEvent(event)";

/// Waits until what was drawn is on stage, and the editor gone.
async fn closed(page: &Page) -> Result<()> {
    let script = "return !document.querySelector('[data-testid=own]').open";
    page.until("the editor is closed", async || Ok(page.run(script, &[]).await? == json!(true)))
        .await
}

#[test]
fn points_drawn_by_pointer_are_the_data_and_ride_along_in_the_link() {
    browse(async |page| {
        let before = stage(&page, SCENE).await?;
        open_editor(&page, "data-drawn", "own-plane").await?;
        drag(&page, "own-plane", json!([[0.1, 0.1], [0.3, 0.1], [0.9, 0.1]])).await?;
        let drawn = page.number("own-count").await?;
        ensure!((40.0..70.0).contains(&drawn), "{drawn} points");
        page.click("own-eraser").await?;
        drag(&page, "own-plane", json!([[0.85, 0.1], [0.9, 0.1]])).await?;
        let left = page.number("own-count").await?;
        ensure!(left < drawn && left > 20.0, "{left} of {drawn} points are left");
        page.click("own-undo").await?;
        ensure!(page.number("own-count").await? == drawn, "a step back brings them again");
        page.click("own-point").await?;
        drag(&page, "own-plane", json!([[0.5, 0.9]])).await?;
        ensure!(page.number("own-count").await? == drawn + 1.0);
        page.click("own-use").await?;
        closed(&page).await?;
        let points = field(&page, "points", "").await?;
        ensure!(points.len() as f64 == 4.0 * (drawn + 1.0), "{points}");
        let address = async || Ok(page.hash().await?.contains(&points));
        page.until("the address has them", address).await?;
        let blue = |r, g, b| r < 90 && g > 100 && b > 150;
        let seen = async || {
            let now = page.picture("stage").await?;
            Ok(before.difference(&now)? > 0.01 && now.count(blue) > 1000)
        };
        page.until("the picture is another, with blue samples", seen).await?;
        page.api("await a.advance(200)").await?;
        // On reload the same data are drawn, with the same numbers from them.
        let losses = "return [a.spec().points, a.metrics().lossD, a.metrics().iteration]";
        page.until("the figures are there", async || Ok(page.api(losses).await?[2] == json!(200)))
            .await?;
        let first = page.api(losses).await?;
        page.reload().await?;
        page.api("await a.advance(200)").await?;
        page.until("the same figures come", async || Ok(page.api(losses).await? == first)).await?;
        page.expect_quiet().await
    });
}

#[test]
fn a_curve_and_points_are_drawn_by_keys_alone() {
    browse(async |page| {
        stage(&page, SCENE).await?;
        open_editor(&page, "data-drawn", "own-plane").await?;
        keys(&page, "own-plane", &["ArrowRight", "ArrowRight", "Enter", "ArrowUp", " "]).await?;
        ensure!(page.number("own-count").await? == 12.0, "two dabs of six");
        keys(&page, "own-plane", &["Delete"]).await?;
        ensure!(page.number("own-count").await? < 12.0);
        page.click("own-clear").await?;
        page.click("own-point").await?;
        keys(&page, "own-plane", &["Enter", "ArrowLeft", "ArrowLeft", "Enter"]).await?;
        page.click("own-use").await?;
        closed(&page).await?;
        let points = field(&page, "points", "").await?;
        ensure!(points.len() == 8, "{points}");
        open_editor(&page, "data-curve", "own-curve").await?;
        keys(&page, "own-curve", &["ArrowUp", "ArrowUp", "ArrowRight", "ArrowUp", "ArrowDown"])
            .await?;
        page.click("own-use").await?;
        closed(&page).await?;
        let curve = field(&page, "points", &points).await?;
        let expected = format!("{}E{}", "A".repeat(32), "A".repeat(31));
        ensure!(curve == expected, "{curve}");
        drag_curve(&page, &curve).await?;
        page.expect_quiet().await
    });
}

/// A curve of two strokes, one quick.
async fn drag_curve(page: &Page, before: &str) -> Result<()> {
    open_editor(page, "data-curve", "own-curve").await?;
    page.click("own-clear").await?;
    drag(page, "own-curve", json!([[0.1, 0.95], [0.5, 0.1], [0.9, 0.95]])).await?;
    page.click("own-use").await?;
    closed(page).await?;
    let curve = field(page, "points", before).await?;
    let drawn = curve.bytes().filter(|letter| *letter != b'A').count();
    ensure!((48..=54).contains(&drawn), "no gaps: {curve}");
    ensure!(page.api("return a.spec().data").await? == json!("curve"));
    // V(D*, G) is known: p_data is exact.
    page.api("await a.advance(50)").await.map(|_| ())
}

#[test]
fn the_data_panel_opens_the_editor_of_ones_own() {
    browse(async |page| {
        let tabs = [
            ("#data=drawn&points=QQBg&backend=cpu", "own-plane"),
            (&format!("#data=curve&points={}&backend=cpu", "AK".repeat(32)), "own-curve"),
        ];
        for (scene, editor) in tabs {
            stage(&page, scene).await?;
            page.run("document.querySelector('.node.data').click()", &[]).await?;
            open_editor(&page, "own-edit", editor).await?;
            let open = "return document.querySelector('[data-testid=own]').open";
            ensure!(page.run(open, &[]).await? == json!(true), "the editor of {scene} is not seen");
            page.click("own-close").await?;
            closed(&page).await?;
        }
        // What is on stage is what is edited.
        stage(&page, tabs[0].0).await?;
        page.run("document.querySelector('.node.data').click()", &[]).await?;
        open_editor(&page, "own-edit", "own-plane").await?;
        ensure!(page.number("own-count").await? == 1.0, "the one point of the address");
        page.click("own-close").await?;
        closed(&page).await?;
        // Rows of a file come with a checkpoint or a paste.
        open_editor(&page, "data-file", "own-text").await?;
        give(&page, "own-text", "x,y\n1,2\n3,4\n5,2").await?;
        page.click("own-paste").await?;
        closed(&page).await?;
        field(&page, "file", "").await?;
        open_editor(&page, "own-edit", "own-text").await?;
        page.click("own-close").await?;
        closed(&page).await?;
        // Nobody drew ring8.
        stage(&page, SCENE).await?;
        page.run("document.querySelector('.node.data').click()", &[]).await?;
        ensure!(!page.has("own-edit").await?, "there is nothing to edit");
        page.expect_quiet().await
    });
}

#[test]
fn a_bad_cell_is_named_and_changes_nothing() {
    browse(async |page| {
        stage(&page, SCENE).await?;
        page.api("await a.advance(20)").await?;
        let now = "return [JSON.stringify(a.spec()), a.metrics().iteration]";
        page.until("it is there", async || Ok(page.api(now).await?[1] == json!(20))).await?;
        let before = page.api(now).await?;
        open_editor(&page, "data-file", "own-text").await?;
        give(&page, "own-text", "x,y\n1,2\n3,four\n5,").await?;
        page.click("own-paste").await?;
        let said = page.text("own-fault").await?;
        let cells = "row 3 column 2 (\"four\"), row 4 column 2 (empty) are not numbers";
        ensure!(said.contains(cells), "{said}");
        ensure!(page.api(now).await? == before, "the run goes on untouched");
        give(&page, "own-text", "x,y\n1,2\n3,4\n5,2").await?;
        page.click("own-paste").await?;
        closed(&page).await?;
        let mark = field(&page, "file", "").await?;
        ensure!(mark.starts_with("3-"), "{mark}");
        let notice = page.text("notice").await?;
        ensure!(notice.contains("3 rows of two columns") && notice.contains("(3, 3)"), "{notice}");
        // A link has no rows: who opens it hears what to do, and sees no other run than before.
        page.open(&format!("#data=file&file={mark}&seed=8")).await?;
        page.until("it is said", async || page.has("fault").await).await?;
        let said = page.text("fault").await?;
        ensure!(said.contains("3 rows") && said.contains("open that file"), "{said}");
        page.expect_quiet().await
    });
}

#[test]
fn rows_of_a_file_ride_along_in_the_checkpoint() {
    let folder = std::env::temp_dir().join(format!("adversaria-own-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join("mine.csv");
    let rows = (0..500).map(|i| format!("{},{}\n", i % 25, (i / 25) * 3));
    fs::write(&file, rows.fold("a,b\n".to_owned(), |all, row| all + &row)).unwrap();
    let saved: PathBuf = folder.join("run.safetensors");
    let kept = saved.clone();
    browse(async move |page| {
        stage(&page, SCENE).await?;
        open_editor(&page, "data-file", "own-text").await?;
        page.give_file("own-file", &file).await?;
        closed(&page).await?;
        let mark = field(&page, "file", "").await?;
        ensure!(mark.starts_with("500-"), "{mark}");
        page.click("reset").await?;
        page.api("await a.advance(40)").await?;
        let bytes = page.api("return Array.from(new Uint8Array(await a.checkpoint()))").await?;
        let bytes: Vec<u8> = bytes
            .as_array()
            .context("bytes")?
            .iter()
            .filter_map(Value::as_u64)
            .map(|b| b as u8)
            .collect();
        fs::write(&kept, &bytes)?;
        let ahead = "await a.advance(40); return Array.from(await a.score([0.1, 0.2, -0.4, 0.3]))";
        let first = page.api(ahead).await?;
        // Another visit has no rows but those of the checkpoint.
        stage(&page, "#data=moons&backend=cpu&seed=4").await?;
        page.give_file("import", &kept).await?;
        field(&page, "file", "").await?;
        ensure!(page.api(ahead).await? == first, "it goes on as it did");
        page.expect_quiet().await
    });
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_packed_file_that_is_dropped_is_read_as_its_rows_are() {
    let rows: String = (0..300).map(|i| format!("{},{}\n", i % 20, (i / 20) * 3)).collect();
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(rows.as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    browse(async move |page| {
        stage(&page, SCENE).await?;
        open_editor(&page, "data-file", "own-text").await?;
        give(&page, "own-text", &rows).await?;
        page.click("own-paste").await?;
        closed(&page).await?;
        let pasted = field(&page, "file", "").await?;
        stage(&page, SCENE).await?;
        page.run(DROP, &[json!("mine.csv.gz"), json!(packed)]).await?;
        ensure!(field(&page, "file", "").await? == pasted, "other rows");
        // What is no packed file costs a sentence.
        page.run(DROP, &[json!("other.csv.gz"), json!([1, 2, 3])]).await?;
        page.until("it is said", async || page.has("fault").await).await?;
        let said = page.text("fault").await?;
        ensure!(said.contains("other.csv.gz could not be read or unpacked"), "{said}");
        ensure!(field(&page, "file", "").await? == pasted, "the rows are gone");
        page.expect_quiet().await
    });
}
