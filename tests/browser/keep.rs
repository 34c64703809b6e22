//! What the export menu gives: files as a person would find them in their downloads.

use adversaria_core::spec::Address;
use adversaria_tests::{browser::Page, picture::Picture};
use anyhow::{Context as _, Result, ensure};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use safetensors::SafeTensors;
use serde_json::json;

use crate::{browse, scenes::stage, steps::give};

/// The page's downloads, by name, in place of the browser's.
pub(crate) const CATCH: &str = "{ window.kept = {};
    const blobs = new Map(), make = URL.createObjectURL.bind(URL);
    URL.createObjectURL = (blob) => { const url = make(blob); blobs.set(url, blob); return url; };
    const click = HTMLAnchorElement.prototype.click;
    HTMLAnchorElement.prototype.click = function () {
        if (this.download) { window.kept[this.download] = blobs.get(this.href); } else { click.call(this); }
    }; }";
/// The bytes of the one file whose name ends so.
const READ: &str =
    "const name = Object.keys(window.kept).find((name) => name.endsWith(arguments[0]));
    if (!name) { return null; }
    const blob = window.kept[name];
    delete window.kept[name];
    return new Promise((done) => {
        const reader = new FileReader();
        reader.onload = () => done([name, reader.result.split(',')[1], blob.type]);
        reader.readAsDataURL(blob);
    });";

/// A file of the export menu: its name, its bytes, its type.
async fn keep(page: &Page, id: &str, ending: &str) -> Result<(String, Vec<u8>, String)> {
    page.until("the menu is there", async || page.has(id).await).await?;
    page.click("export").await?;
    page.click(id).await?;
    let file = std::cell::RefCell::new(json!(null));
    page.until("a file is saved", async || {
        *file.borrow_mut() = page.run(READ, &[json!(ending)]).await?;
        Ok(!file.borrow().is_null())
    })
    .await?;
    let file = file.into_inner();
    let text = |at: usize| file[at].as_str().map(str::to_owned).context("no file");
    Ok((text(0)?, BASE64_STANDARD.decode(text(1)?)?, text(2)?))
}

/// The same as text.
pub(crate) async fn keep_text(page: &Page, id: &str, ending: &str) -> Result<String> {
    Ok(String::from_utf8(keep(page, id, ending).await?.1)?)
}

async fn view(page: &Page, name: &str) -> Result<()> {
    give(page, "export-view", name).await
}

/// Opens the scene, where downloads are to be caught, and trains a little.
async fn trained(page: &Page, hash: &str) -> Result<()> {
    stage(page, hash).await?;
    page.api("await a.advance(400); return 0").await?;
    page.until_iteration(399.0).await
}

#[test]
fn pictures_are_those_of_the_stage() {
    browse(async |page| {
        page.prepare(CATCH).await?;
        for scene in ["#data=ring8&backend=cpu", "#data=bimodal&backend=cpu&theme=dark"] {
            trained(&page, scene).await?;
            let (name, file, _) = keep(&page, "export-png", "-stage.png").await?;
            ensure!(name.starts_with("adversaria-") && name.contains("-400-"), "{name}");
            let picture = Picture::from_png(&file)?;
            let script = "const c = document.querySelector('canvas[data-testid=stage]'); return [c.width, c.height]";
            let size = page.run(script, &[]).await?;
            ensure!(json!(picture.size()) == size, "{:?} of {size}", picture.size());
            let real = picture.count(|red, _, blue| blue > red + 90);
            let fake = picture.count(|red, green, blue| red > blue + 110 && red > green + 40);
            ensure!(real > 300 && fake > 300, "{scene}: {real} blue pixels, {fake} orange ones");
            view(&page, "losses").await?;
            let chart = Picture::from_png(&keep(&page, "export-png", "-losses.png").await?.1)?;
            ensure!(chart.ink() > 0.01 && chart.size().1 < picture.size().1);
            view(&page, "stage").await?;
        }
        page.expect_quiet().await
    });
}

#[test]
fn vectors_parse_name_both_and_are_stable() {
    browse(async |page| {
        page.prepare(CATCH).await?;
        trained(&page, "#data=ring8&backend=cpu").await?;
        let first = keep_text(&page, "export-svg", "-stage.svg").await?;
        ensure!(first == keep_text(&page, "export-svg", "-stage.svg").await?, "not the same twice");
        let script = "const doc = new DOMParser().parseFromString(arguments[0], 'image/svg+xml');
            const all = (name) => [...doc.querySelectorAll(name)];
            return [all('parsererror').length, all('text').map((t) => t.textContent), all('path').length,
                all('image').map((i) => i.getAttribute('href').slice(0, 22)), all('title').map((t) => t.textContent)]";
        let parsed = page.run(script, &[json!(first)]).await?;
        ensure!(parsed[0] == 0, "{}", parsed[0]);
        let names = parsed[1].as_array().context("texts")?;
        ensure!(names.contains(&json!("real")) && names.contains(&json!("generated")), "{names:?}");
        ensure!(parsed[3] == json!(["data:image/png;base64,"]), "D as a field: {}", parsed[3]);
        ensure!(parsed[4][0].as_str().is_some_and(|title| title.contains("data=ring8")));
        view(&page, "value").await?;
        let chart = keep_text(&page, "export-svg", "-value.svg").await?;
        let parsed = page.run(script, &[json!(chart)]).await?;
        let names = parsed[1].to_string();
        ensure!(names.contains("V(D, G)") && names.contains("V(D*, G)"), "{names}");
        Ok(())
    });
}

/// The widths of lines in an SVG, in their order.
fn widths(svg: &str) -> Vec<f32> {
    let lines = svg.split("<path").skip(1).filter(|path| path.contains("fill=\"none\""));
    let width = |path: &str| path.split("stroke-width=\"").nth(1)?.split('"').next()?.parse().ok();
    lines.filter_map(width).collect()
}

#[test]
fn edges_between_units_are_as_wide_as_this_runs_weights() {
    browse(async |page| {
        page.prepare(CATCH).await?;
        trained(&page, "#data=ring8&backend=cpu&g=4&d=8").await?;
        page.run("document.querySelector('.node.d').click()", &[]).await?;
        page.until("units are drawn", async || page.has("units-d").await).await?;
        view(&page, "units-d").await?;
        let file = page.api("return Array.from(new Uint8Array(await a.checkpoint()))").await?;
        let file: Vec<u8> = serde_json::from_value(file)?;
        let file = SafeTensors::deserialize(&file)?;
        let weight = file.tensor("discriminator.0.weight")?;
        ensure!(weight.shape() == [8, 2], "{:?}", weight.shape());
        let weights: Vec<f32> = weight
            .data()
            .chunks_exact(4)
            .map(|word| f32::from_le_bytes(word.try_into().expect("four bytes")).abs())
            .collect();
        let largest = weights.iter().copied().fold(0.0, f32::max);
        page.until("16 lines are as wide as 16 weights", async || {
            let drawn = widths(&keep_text(&page, "export-svg", "-units-d.svg").await?);
            let wide = |weight: &f32| 0.3 + 2.2 * weight / largest;
            let near = |(drawn, weight): (&f32, &f32)| (drawn - wide(weight)).abs() < 0.02;
            Ok(drawn.len() >= 16 && drawn.iter().zip(&weights).all(near))
        })
        .await?;
        ensure!(weights.iter().any(|weight| *weight < 0.8 * largest), "all are alike: {weights:?}");
        Ok(())
    });
}

#[test]
fn what_is_open_can_be_kept_too() {
    browse(async |page| {
        page.prepare(CATCH).await?;
        trained(&page, "#data=ring8&backend=cpu&g=16,16&d=16,16").await?;
        let offered = "return [...document.querySelector('[data-testid=export-view]').options].map((o) => o.value)";
        let offers = async |what: &str, there: bool| {
            page.until(&format!("{what} is offered: {there}"), async || {
                let all = page.run(offered, &[]).await?;
                Ok(all.as_array().is_some_and(|all| all.contains(&json!(what))) == there)
            })
            .await
        };
        offers("units-d", false).await?;
        page.run("document.querySelector('.node.d').click()", &[]).await?;
        offers("units-d", true).await?;
        view(&page, "units-d").await?;
        let picture = Picture::from_png(&keep(&page, "export-png", "-units-d.png").await?.1)?;
        ensure!(picture.count(|r, g, b| b > g + 60 && r > g) > 300, "D's purple is missing");
        let text = keep_text(&page, "export-svg", "-units-d.svg").await?;
        // Two layers of 16, of which 8 are shown, and the output, each a small field.
        ensure!(text.matches("<image").count() == 17, "{} fields", text.matches("<image").count());

        stage(&page, "#data=mnist&rows=1000&backend=cpu&g=16&d=16").await?;
        page.api("await a.advance(5); return 0").await?;
        offers("units-d", false).await?;
        offers("digits", true).await?;
        view(&page, "digits").await?;
        let text = keep_text(&page, "export-svg", "-digits.svg").await?;
        ensure!((0..10).all(|digit| text.contains(&format!(">{digit}<"))), "{text}");
        for (tab, id) in [("gallery-pad", "pad-map"), ("gallery-draw", "draw-sheet")] {
            page.click(tab).await?;
            offers(id, true).await?;
        }
        // What is gone by now gives way to the stage.
        view(&page, "scores").await?;
        trained(&page, "#data=ring8&backend=cpu&g=16,16&d=16,16").await?;
        keep(&page, "export-png", "-stage.png").await?;

        // The Dirac-GAN's stage is its plane.
        stage(&page, "#data=dirac&loss=minimax&batch=1").await?;
        let axes =
            async || Ok(keep_text(&page, "export-svg", "-stage.svg").await?.contains(">\u{3c8}<"));
        page.until("the plane is kept", axes).await?;
        page.expect_quiet().await
    });
}

/// Every view that is offered now gives a picture and a drawing with something on them.
async fn all_views(page: &Page, expected: &[&str]) -> Result<()> {
    let offered = "return [...document.querySelector('[data-testid=export-view]').options].map((o) => o.value)";
    let all = || expected.iter().map(|id| json!(id)).collect::<Vec<_>>();
    page.until(&format!("{expected:?} are offered"), async || {
        let there = page.run(offered, &[]).await?;
        Ok(there.as_array().is_some_and(|there| all().iter().all(|id| there.contains(id))))
    })
    .await?;
    let there = page.run(offered, &[]).await?;
    ensure!(there.as_array().map(Vec::len) == Some(expected.len()), "{there}, not {expected:?}");
    for id in expected {
        view(page, id).await?;
        let picture = keep(page, "export-png", &format!("-{id}.png")).await?.1;
        ensure!(Picture::from_png(&picture)?.ink() > 0.002, "the picture of {id} is blank");
        let drawing = keep_text(page, "export-svg", &format!("-{id}.svg")).await?;
        let drawn = ["<path", "<image", "<rect", "<circle"];
        let marks: usize = drawn.iter().map(|mark| drawing.matches(mark).count()).sum();
        ensure!(drawing.starts_with("<svg") && marks > 1, "{id}: {drawing}");
    }
    Ok(())
}

#[test]
fn every_view_is_kept_as_picture_and_as_drawing() {
    browse(async |page| {
        page.prepare(CATCH).await?;
        let always = ["stage", "value", "losses"];
        for (scene, node) in [
            ("#data=bimodal&backend=cpu&g=8&d=8", ".node.g"),
            ("#data=ring8&backend=cpu&g=8&d=8", ".node.d"),
        ] {
            trained(&page, scene).await?;
            page.run("document.querySelector(arguments[0]).click()", &[json!(node)]).await?;
            all_views(&page, &[&always[..], &["units-g", "units-d"]].concat()).await?;
        }
        stage(&page, "#data=mnist&rows=1000&backend=cpu&g=16&d=16").await?;
        page.api("await a.advance(20); return 0").await?;
        for (tab, own) in [
            ("nearest", "nearest"),
            ("pad", "pad-map"),
            ("between", "between"),
            ("draw", "draw-sheet"),
        ] {
            page.click(&format!("gallery-{tab}")).await?;
            all_views(&page, &[&always[..], &["scores", "digits", own]].concat()).await?;
        }
        page.expect_quiet().await
    });
}

#[test]
fn a_shared_link_is_the_experiment_and_says_what_it_lacks() {
    browse(async |page| {
        // A browser that copies, and one that does not.
        let copies = "Object.defineProperty(navigator, 'clipboard',
            { value: { writeText: async (text) => { window.copied = text; } } })";
        page.prepare(copies).await?;
        stage(&page, "#data=ring8&backend=cpu&seed=5&g=12&kd=2").await?;
        page.api("await a.set('loss', 'hinge'); return 0").await?;
        let spec = page.api("return a.spec()").await?;
        for way in ["share", "export-link"] {
            page.run("delete window.copied", &[]).await?;
            if way == "export-link" {
                page.click("export").await?;
            }
            page.click(way).await?;
            page.until("it is said", async || {
                Ok(page.text("notice").await? == "The link to this experiment is copied.")
            })
            .await?;
            let link = page.run("return window.copied", &[]).await?;
            let hash = link.as_str().and_then(|link| link.split_once('#')).context("a link")?.1;
            stage(&page, "#data=bimodal&backend=cpu").await?;
            stage(&page, &format!("#{hash}")).await?;
            ensure!(page.api("return a.spec()").await? == spec, "{way}: {hash} is another run");
        }
        page.click("data-file").await?;
        page.until("rows can be pasted", async || page.has("own-text").await).await?;
        give(&page, "own-text", "x,y\n1,2\n3,4\n5,2").await?;
        page.click("own-paste").await?;
        page.until("they are on stage", async || {
            Ok(page.api("return a.spec().data").await? == json!("file"))
        })
        .await?;
        page.click("share").await?;
        page.until("the link says that it needs the file", async || {
            Ok(page.text("notice").await?.contains("needs that file"))
        })
        .await
    });
}

#[test]
fn figures_are_a_table_of_the_run() {
    browse(async |page| {
        page.prepare(CATCH).await?;
        trained(&page, "#data=ring8&backend=cpu").await?;
        page.click("play").await?;
        page.until_iteration(800.0).await?;
        page.click("play").await?;
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        let now = page.number("iteration").await?;
        let csv = keep_text(&page, "export-csv", ".csv").await?;
        let mut lines = csv.lines();
        let header = "iteration,updates_d,updates_g,loss_d,loss_g,grad_norm_d,grad_norm_g,value,value_optimal,jsd,\
                      kl_data_model,kl_model_data,modes,quality,total_variation,wasserstein,mmd2,jsd_by_chance,\
                      total_variation_by_chance,wasserstein_by_chance,mmd2_by_chance,norm_minimax,norm_nonsaturating,\
                      kl_data_model_by_chance,kl_model_data_by_chance,mmd2_mean_by_chance";
        ensure!(lines.next() == Some(header), "{csv}");
        let rows: Vec<Vec<f64>> = lines
            .map(|line| line.split(',').map(|x| x.parse().unwrap_or(f64::NAN)).collect())
            .collect();
        ensure!(
            rows.len() > 3 && rows.iter().all(|row| row.len() == header.split(',').count()),
            "{csv}"
        );
        ensure!(rows.windows(2).all(|pair| pair[0][0] < pair[1][0]), "{csv}");
        ensure!(rows.last().map(|row| row[0]) == Some(now), "the run is at {now}: {csv}");
        ensure!(rows.iter().any(|row| row[9].is_finite()), "no JSD: {csv}");
        // Another run begins another table.
        stage(&page, "#data=bimodal&backend=cpu").await?;
        page.until("the table is new", async || {
            Ok(keep_text(&page, "export-csv", ".csv").await?.lines().count() < 5)
        })
        .await
    });
}

#[test]
fn the_record_begins_with_the_first_frame() {
    browse(async |page| {
        page.prepare(CATCH).await?;
        page.open("#data=ring8&backend=cpu&play=1").await?;
        page.until_iteration(2000.0).await?;
        let csv = keep_text(&page, "export-csv", ".csv").await?;
        let iterations: Vec<f64> =
            csv.lines().skip(1).filter_map(|line| line.split(',').next()?.parse().ok()).collect();
        ensure!(iterations.first() == Some(&0.0), "{csv}");
        // Nor is there a gap until the menu was fetched.
        let soon = iterations.iter().filter(|at| (1.0..2000.0).contains(*at)).count();
        ensure!(soon >= 3, "{soon} rows before the 2000th iteration: {csv}");
        page.expect_quiet().await
    });
}

#[test]
fn the_run_goes_to_the_command_line_and_back() {
    browse(async |page| {
        page.prepare(CATCH).await?;
        trained(&page, "#data=ring8&backend=cpu&kd=2&g=32,16&seed=9&gact=leaky:0.2").await?;
        page.api("await a.set('kg', '3'); return 0").await?;
        let toml = keep_text(&page, "export-toml", ".toml").await?;
        let address = page.api("return a.address()").await?;
        let spec = Address::parse(address.as_str().context("an address")?)?.spec;
        // `train` takes what this writes: the command line's own tests hold it to that.
        ensure!(
            toml == spec.toml() && toml.contains("kg = \"3\"") && toml.contains("seed = \"9\""),
            "{toml}"
        );
        let (name, file, _) = keep(&page, "export-checkpoint", ".safetensors").await?;
        ensure!(name.contains("ring8-400"), "{name}");
        let same = "const mine = new Uint8Array(await a.checkpoint()); return [mine.length, mine.reduce((s, x) => (s * 31 + x) % 1000003, 7)]";
        let sum = file.iter().fold(7_u64, |sum, byte| (sum * 31 + u64::from(*byte)) % 1_000_003);
        ensure!(page.api(same).await? == json!([file.len(), sum]), "not the run on stage");
        page.expect_quiet().await
    });
}

#[test]
fn the_menu_is_opened_and_left_by_keyboard() {
    browse(async |page| {
        page.prepare(CATCH).await?;
        trained(&page, "#data=ring8&backend=cpu").await?;
        page.until("the menu is there", async || page.has("export-png").await).await?;
        let seen = "return document.querySelector('[data-testid=export-png]').checkVisibility()";
        ensure!(page.run(seen, &[]).await? == json!(false), "the menu is open at first");
        page.element("export").await?.send_keys("\u{E007}").await?;
        ensure!(page.run(seen, &[]).await? == json!(true), "Enter does not open it");
        page.element("export").await?.send_keys("\u{E00C}").await?;
        ensure!(page.run(seen, &[]).await? == json!(false), "Escape does not close it");
        Ok(())
    });
}
