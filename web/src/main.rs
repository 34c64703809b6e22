//! Starts the page.

fn main() {
    adversaria_web::start();
}
