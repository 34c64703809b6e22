//! Where things stand: all of a laptop's screen without scrolling, nothing that moves by itself or covers what is read, and
//! a phone from which everything can be reached.

use adversaria_tests::browser::Page;
use anyhow::{Result, ensure};
use serde_json::{Value, json};

use crate::{browse, scenes::stage, steps::until_is};

const PLANE: &str = "#data=ring8&backend=cpu&g=16,16&d=16,16&batch=64";
const IMAGES: &str = "#data=mnist&rows=1000&backend=cpu&g=16&d=16";

/// Where an element is: left, top, right, bottom, in whole CSS pixels.
async fn place(page: &Page, of: &str) -> Result<Value> {
    let script = "const room = document.querySelector(arguments[0]).getBoundingClientRect();
        return [room.left, room.top, room.right, room.bottom].map(Math.round)";
    page.run(script, &[json!(of)]).await
}

/// Which of these pairs of elements lie over each other, seen ones only.
const OVERLAPS: &str = "const [of, others] = arguments, seen = (e) => e.checkVisibility({ visibilityProperty: true, opacityProperty: true });
    const rooms = (what) => [...document.querySelectorAll(what)].filter(seen).map((e) => [e, e.getBoundingClientRect()]);
    const over = [];
    for (const [a, r] of rooms(of)) for (const [b, s] of rooms(others)) {
        const across = Math.min(r.right, s.right) - Math.max(r.left, s.left), down = Math.min(r.bottom, s.bottom) - Math.max(r.top, s.top);
        if (across > 1 && down > 1 && !a.contains(b) && !b.contains(a)) over.push(a.outerHTML.slice(0, 80) + ' over ' + b.outerHTML.slice(0, 80));
    }
    return over";

async fn apart(page: &Page, of: &str, others: &str) -> Result<()> {
    let over = page.run(OVERLAPS, &[json!(of), json!(others)]).await?;
    ensure!(over == json!([]), "{over:#}");
    Ok(())
}

/// How far the columns go on below their lower edges and beside their right ones, and the page below the window's.
const HIDDEN: &str = "const columns = ['.game-column', '.score-column', '.stage-slot'].map((of) => document.querySelector(of));
    return [...columns.map((e) => e.scrollHeight - e.clientHeight), ...columns.map((e) => e.scrollWidth - e.clientWidth),
        document.querySelector('.screen').getBoundingClientRect().bottom - innerHeight]";

#[test]
fn a_laptop_shows_all_of_each_scene_without_scrolling() {
    browse(async |page| {
        page.resize(1280, 720).await?;
        for scene in ["#data=bimodal&backend=cpu", PLANE, IMAGES] {
            stage(&page, scene).await?;
            page.api("await a.advance(5); return 0").await?;
            page.until("what comes later is there", async || page.has("history").await).await?;
            if scene == IMAGES {
                page.until("the gallery is there", async || page.has("gallery").await).await?;
                page.until("the digits are counted", async || page.has("digits").await).await?;
            }
            let hidden = page.run(HIDDEN, &[]).await?;
            let most = hidden.as_array().into_iter().flatten().filter_map(Value::as_f64);
            ensure!(most.fold(0.0, f64::max) <= 1.0, "{scene}: hidden below the edges: {hidden}");
            apart(&page, ".st-legend > *", ".gallery-slot, .past-slot").await?;
        }
        Ok(())
    });
}

#[test]
fn a_laptop_shows_the_fields_of_both_players_without_scrolling() {
    browse(async |page| {
        page.resize(1280, 720).await?;
        stage(&page, PLANE).await?;
        for (node, fields) in [
            (".node.g", ["gact", "optg-kind", "optg-rate", "optg-beta2"]),
            (".node.d", ["dact", "optd-kind", "optd-rate", "optd-beta2"]),
        ] {
            page.run("document.querySelector(arguments[0]).click()", &[json!(node)]).await?;
            page.until("the editor is there", async || page.has(fields[3]).await).await?;
            // What goes on below fades at the edge.
            let fades = place(&page, ".past-slot").await?[1].as_f64().unwrap_or(f64::NAN) - 16.0;
            for field in fields {
                let bottom = place(&page, &format!("[data-testid={field}]")).await?[3].as_f64();
                ensure!(bottom <= Some(fades), "{field} ends at {bottom:?}, below {fades}");
            }
        }
        Ok(())
    });
}

#[test]
fn nothing_moves_from_part_to_part_of_slow_motion() {
    browse(async |page| {
        page.resize(1280, 720).await?;
        stage(&page, &PLANE.replace("ring8", "ring8&loss=leastsquares")).await?;
        page.click("slow").await?;
        page.until("there is a tempo", async || page.has("tempo").await).await?;
        let all = "return [...document.querySelectorAll('.slow li, .caption, .tempo')].map((e) => [e.getBoundingClientRect(), e.scrollWidth])
            .map(([room, wide]) => [room.top, room.right, room.bottom, wide].map(Math.round))";
        let before = page.run(all, &[]).await?;
        ensure!(before.as_array().is_some_and(|all| all.len() == 8), "{before}");
        for beat in ["d0", "d1", "d2", "d3", "d4", "d5", "g0", "g1", "g2", "g3", "g4", "g5"] {
            page.click("beat").await?;
            let now = "return document.querySelector('.graph').dataset.beat";
            until_is(&page, &format!("the part is {beat}"), now, json!(beat)).await?;
            let here = page.run(all, &[]).await?;
            ensure!(here == before, "{beat}: {here}, and before {before}");
        }
        let hidden = page.run(HIDDEN, &[]).await?;
        ensure!(
            hidden[0].as_f64() <= Some(1.0),
            "the captions go on below the edge by {}",
            hidden[0]
        );
        Ok(())
    });
}

#[test]
fn the_stage_stays_where_it_is_whatever_the_gallery_shows() {
    browse(async |page| {
        page.resize(1280, 720).await?;
        stage(&page, IMAGES).await?;
        page.api("await a.advance(5); return 0").await?;
        page.until("the gallery is there", async || page.has("gallery").await).await?;
        let canvas = "[data-testid=stage]";
        for (tab, part) in
            [("nearest", "nearest"), ("pad", "pad"), ("between", "between"), ("draw", "draw")]
        {
            page.click(&format!("gallery-{tab}")).await?;
            page.until(&format!("{part} is there"), async || page.has(part).await).await?;
            let here = place(&page, canvas).await?;
            apart(&page, ".st-legend > *", ".gallery button, .gallery canvas").await?;
            let bottom = place(&page, ".gallery").await?[3].as_f64().unwrap_or(f64::NAN);
            let edge = place(&page, ".past-slot").await?[1].as_f64().unwrap_or(f64::NAN);
            ensure!(bottom <= edge, "{tab} ends at {bottom}, and the stage at {edge}");
            page.click("gallery-nearest").await?;
            page.until("nearest is there", async || page.has("nearest").await).await?;
            let first = place(&page, canvas).await?;
            ensure!(here == first, "{tab} moves the stage from {first} to {here}");
        }
        Ok(())
    });
}

#[test]
fn a_message_covers_no_control() {
    browse(async |page| {
        for (width, height) in [(1280, 720), (360, 800)] {
            page.resize(width, height).await?;
            stage(&page, PLANE).await?;
            page.api("await a.load('#kd=99').catch(() => 0); return 0").await?;
            page.until("the fault is shown", async || page.has("fault").await).await?;
            apart(&page, "[data-testid=fault]", "button, input, select, .data-set").await?;
        }
        Ok(())
    });
}

/// The sizes of letters that are seen, in CSS pixels.
const SIZES: &str = "const sizes = new Set(), walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
        const of = walk.currentNode.parentElement;
        if (walk.currentNode.textContent.trim() && of.checkVisibility() && !of.closest('sub, sup, style, script, option, optgroup, noscript'))
            sizes.add(parseFloat(getComputedStyle(of).fontSize));
    }
    return [...sizes].sort((a, b) => a - b)";

#[test]
fn letters_have_five_sizes() {
    browse(async |page| {
        for scene in [PLANE, IMAGES] {
            stage(&page, scene).await?;
            page.until("what comes later is there", async || page.has("history").await).await?;
            if scene == IMAGES {
                page.until("the gallery is there", async || page.has("gallery").await).await?;
            }
            for (width, height) in [(1280, 720), (360, 800)] {
                page.resize(width, height).await?;
                let sizes = page.run(SIZES, &[]).await?;
                let known = json!([11, 12, 13, 15, 18]);
                ensure!(sizes == known, "{scene} at {width}: letters of {sizes}, not {known}");
            }
        }
        Ok(())
    });
}

#[test]
fn a_phone_shows_every_data_set_and_the_speed_beside_the_stage() {
    browse(async |page| {
        page.resize(360, 800).await?;
        stage(&page, PLANE).await?;
        let script = "return [...document.querySelectorAll('.data-set')].map((e) => e.getBoundingClientRect())
            .filter((room) => room.left < 0 || room.right > innerWidth || room.width < 24 || room.height < 24 || room.bottom > 200).length";
        until_is(&page, "every data set is there", script, json!(0)).await?;
        let speed = place(&page, "[data-testid=speed]").await?;
        let score = place(&page, ".score-column").await?;
        ensure!(speed[1].as_f64() < score[1].as_f64(), "speed at {speed}, the score at {score}");
        Ok(())
    });
}

/// Where the readout of a thumbnail is, and the node that it tells of; null where there is none.
const TOLD: &str = "const on = document.querySelector(`canvas[data-of=${arguments[0]}]`), room = on.getBoundingClientRect();
    on.dispatchEvent(new PointerEvent('pointermove', { clientX: room.left + 9, clientY: room.top + 9, bubbles: true, pointerType: 'mouse' }));
    return new Promise((done) => setTimeout(() => {
        const said = document.querySelector('[data-testid=glance]')?.getBoundingClientRect();
        const node = on.closest('.node, .made').getBoundingClientRect();
        done(said && [said.left >= 0 && said.right <= innerWidth, said.top >= node.bottom || said.bottom <= node.top]);
    }, 100))";

#[test]
fn a_value_stands_beside_its_node_and_inside_the_window() {
    browse(async |page| {
        for width in [1280, 360] {
            page.resize(width, 800).await?;
            stage(&page, PLANE).await?;
            page.api("await a.advance(50); return 0").await?;
            for of in ["g", "d", "fake", "real", "loss-d", "loss-g"] {
                page.until(&format!("{of} is told beside its node at {width}"), async || {
                    Ok(page.run(TOLD, &[json!(of)]).await? == json!([true, true]))
                })
                .await?;
            }
        }
        Ok(())
    });
}

#[test]
fn the_small_field_of_d_is_neutral_where_the_stage_is() {
    browse(async |page| {
        // Before it is trained D's output a is near 0, which least squares calls fake: neutral is a = ½.
        stage(&page, "#data=ring8&backend=cpu&loss=leastsquares").await?;
        let script = "const canvas = document.querySelector('canvas[data-of=d]');
            const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
            let orange = 0, blue = 0;
            for (let at = 0; at < pixels.length; at += 4)
                if (pixels[at + 3] > 8) pixels[at] > pixels[at + 2] ? orange++ : blue++;
            return [orange > 5000, blue]";
        until_is(&page, "all of the field is orange", script, json!([true, 0])).await?;
        Ok(())
    });
}
