//! One module for the page and its worker: they share a third of their code, so that it is fetched and compiled once.

use wasm_bindgen::JsCast;

fn main() {
    if js_sys::global().has_type::<web_sys::Window>() {
        adversaria_web::start();
    } else {
        adversaria_worker::start();
    }
}
