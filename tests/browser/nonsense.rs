//! Nonsense from outside gets one sentence; the run on stage goes on untouched.

use std::{fs, path::PathBuf};

use adversaria_tests::browser::Page;
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::{browse, scenes::stage};

const SCENE: &str = "#data=bimodal&backend=cpu&seed=5&play=1";

/// Bad addresses, each with a word that the sentence must hold.
const HASHES: [(&str, &str); 16] = [
    ("data=nowhere", "data"),
    ("data=ring8&optd=adam:NaN", "optd"),
    ("optg=sgd:1e99", "optg"),
    ("g=-3,4", "g="),
    ("d=0", "d="),
    ("g=1,2,3,4,5,6,7,8,9,10,11,12", "g="),
    ("kd=0&kg=0", "k"),
    ("kd=99999999999999999999", "kd"),
    ("batch=0", "batch"),
    ("seed=-1", "seed"),
    ("z=gaussian:1000000", "z="),
    ("colour=blue", "colour"),
    ("loss=<script>alert(1)</script>", "loss"),
    ("data=ring8&data=moons", "data"),
    ("kd", "kd"),
    ("data=%ff%zz", "%"),
];

/// The sentence in view, which is then closed. The run must be as before, and go on.
async fn one_sentence(page: &Page, spec: &Value) -> Result<String> {
    page.until("there is a sentence", async || page.has("fault").await).await?;
    let sentence = page
        .run("return document.querySelector(\"[data-testid='fault'] p\").innerText", &[])
        .await?;
    let sentence = sentence.as_str().context("the sentence is no text")?.to_owned();
    ensure!(
        (10..600).contains(&sentence.len()) && sentence.ends_with('.'),
        "this is no sentence: {sentence}"
    );
    ensure!(
        page.api("return a.spec()").await? == *spec,
        "the run on stage was touched: {sentence}"
    );
    page.until_iteration(page.number("iteration").await?).await?;
    page.run("document.querySelector(\"[data-testid='fault'] .close\").click()", &[]).await?;
    page.until("the sentence is closed", async || Ok(!page.has("fault").await?)).await?;
    Ok(sentence)
}

#[test]
fn bad_addresses_get_a_sentence_and_the_run_goes_on() {
    browse(async |page| {
        stage(&page, SCENE).await?;
        let spec = page.api("return a.spec()").await?;
        for (hash, word) in HASHES {
            page.run("location.hash = arguments[0]", &[json!(hash)]).await?;
            let sentence = one_sentence(&page, &spec).await.with_context(|| hash.to_owned())?;
            let names = sentence.to_lowercase().contains(word);
            ensure!(names, "{hash}: the sentence names no {word}: {sentence}");
        }
        page.run("location.hash = 'data=' + 'x'.repeat(1 << 20)", &[]).await?;
        one_sentence(&page, &spec).await.context("a megabyte of text")?;
        page.expect_quiet().await
    });
}

#[test]
fn a_bad_address_at_the_start_gets_a_sentence_and_a_scene() {
    browse(async |page| {
        page.open("#data=nowhere&g=NaN").await?;
        page.until("there is a sentence", async || page.has("fault").await).await?;
        page.api("await a.advance(3); return 0").await?;
        page.expect_quiet().await
    });
}

#[test]
fn a_call_that_cannot_be_met_is_rejected_with_the_sentence_that_the_page_shows() {
    browse(async |page| {
        stage(&page, SCENE).await?;
        let script = "try { await a.load('data=nowhere'); return '' } catch (error) { return error.message }";
        let said = page.api(script).await?;
        let spec = page.api("return a.spec()").await?;
        ensure!(said == json!(one_sentence(&page, &spec).await?), "{said}");
        Ok(())
    });
}

#[test]
fn a_damaged_checkpoint_is_refused() {
    browse(async |page| {
        stage(&page, SCENE).await?;
        let spec = page.api("return a.spec()").await?;
        let damages = [
            "new ArrayBuffer(10)",
            "whole.slice(0, whole.byteLength / 2)",
            // Another width in the description than in the tensors.
            "text('\"g\":\"64,64\"', '\"g\":\"64,65\"')",
            "text('\"data\":\"bimodal\"', '\"data\":\"bimodel\"')",
        ];
        for damage in damages {
            let script = format!(
                "const whole = await a.checkpoint();
                const text = (from, to) => {{
                    const bytes = new Uint8Array(whole.slice(0)), head = new TextDecoder('latin1').decode(bytes.slice(0, 1 << 16));
                    const quoted = (t) => t.replaceAll('\"', '\\\\\"');
                    const at = [from, quoted(from)].map((t) => head.indexOf(t)).find((i) => i >= 0);
                    if (at === undefined) throw new Error('the checkpoint does not say ' + from);
                    const put = head.startsWith(from, at) ? to : quoted(to);
                    bytes.set(new TextEncoder().encode(put), at);
                    return bytes.buffer;
                }};
                const damaged = {damage};
                try {{ await a.restore(damaged); return null }} catch (error) {{ return error.message }}"
            );
            let said = page.api(&script).await?;
            ensure!(said.is_string(), "{damage} was taken");
            let shown = one_sentence(&page, &spec).await.with_context(|| damage.to_owned())?;
            ensure!(said == json!(shown), "{damage}: {said}, but the page shows {shown}");
        }
        page.expect_quiet().await
    });
}

#[test]
fn image_files_that_are_cut_or_too_long_are_refused() {
    let folder = std::env::temp_dir().join(format!("adversaria-idx-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let files = bad_files(&folder);
    browse(async move |page| {
        stage(&page, "#data=mnist&backend=cpu&seed=5&play=1").await?;
        page.until_iteration(0.0).await?;
        let spec = page.api("return a.spec()").await?;
        for file in files {
            page.give_file("images-files", &file).await?;
            one_sentence(&page, &spec).await.with_context(|| file.display().to_string())?;
        }
        page.expect_quiet().await
    });
    fs::remove_dir_all(folder).unwrap();
}

/// An IDX file of two pictures with its end missing, with too much, with a claim of four billion, and no IDX at all.
fn bad_files(folder: &std::path::Path) -> Vec<PathBuf> {
    let idx = |count: u32, bytes: usize| {
        let head = [[0, 0, 8, 3], count.to_be_bytes(), 28_u32.to_be_bytes(), 28_u32.to_be_bytes()]
            .concat();
        [head, vec![7; bytes]].concat()
    };
    let files = [
        ("cut-images-idx3-ubyte", idx(2, 2 * 784 - 1)),
        ("long-images-idx3-ubyte", idx(2, 2 * 784 + 1)),
        ("claims-images-idx3-ubyte", idx(u32::MAX, 784)),
        ("empty-images-idx3-ubyte", Vec::new()),
        ("text-images-idx3-ubyte", b"not an IDX file at all".to_vec()),
    ];
    let write = |(name, bytes): (&str, Vec<u8>)| {
        let file = folder.join(name);
        fs::write(&file, bytes).unwrap();
        file
    };
    files.map(write).to_vec()
}
