// swift-tools-version:5.5
import PackageDescription

let package = Package(
  name: "phone-location",
  platforms: [.iOS(.v14)],
  products: [.library(name: "phone-location", type: .static, targets: ["phone-location"])],
  dependencies: [.package(name: "Tauri", path: "../.tauri/tauri-api")],
  targets: [.target(name: "phone-location", dependencies: [.byName(name: "Tauri")], path: "Sources")]
)
