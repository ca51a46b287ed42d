package dev.leasehold.memory.contract.diagnostics

import dev.leasehold.memory.MiB
import dev.leasehold.memory.diagnostics.MemorySnapshot
import dev.leasehold.memory.diagnostics.pageOf
import dev.leasehold.memory.internal.diagnostics.HistoryPoint
import dev.leasehold.memory.internal.diagnostics.PageOptions
import dev.leasehold.memory.internal.diagnostics.SiteFigures
import dev.leasehold.memory.support.Chromium
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import java.nio.file.Path
import kotlin.io.path.createDirectories
import kotlin.io.path.writeText
import kotlin.math.sin

/** The page as a browser shows it: on a phone and on a desk, in light and dark. What it has drawn is in `target/report`. */
class ReportInBrowserSpec : FunSpec() {
    private val browser = Chromium()
    private val folder = Path.of("target", "report").createDirectories()
    private val scene = lazy { ReportScene() }
    private val snapshot by lazy { MemorySnapshot.detailed(scene.value.app, 1000) }
    private val backgrounds = HashMap<Boolean, String>()

    private val html by lazy {
        val end = snapshot.time
        val points = List(600) { second ->
            val held = 90.MiB + (40.MiB * sin(second / 70.0)).toLong() + second * 64 * 1024
            HistoryPoint(end - 1000L * (600 - second), held, held * (60 + second % 40 / 4) / 100)
        }
        val sites = listOf(
            SiteFigures("dev.shop.orders.OrderReader.load(OrderReader.kt:117)", "orders", 1_204, 23.MiB, 7_500_000),
            SiteFigures("dev.shop.net.Replies.next(Replies.kt:42)", null, 31, 3.MiB, 92_000),
            SiteFigures("dev.shop.frames.Ring.take(Ring.kt:9)", "frames", 31, 8.MiB, 800),
        )
        pageOf(snapshot, PageOptions(points, sites, refreshSeconds = 5))
    }

    /** A document with the page in a frame of [width] points, and what a script has read there. */
    private fun framed(width: Int): Path {
        val still = html.replace("http-equiv", "data-was").replace("&", "&amp;").replace("\"", "&quot;")
        val frame = "<iframe width=$width srcdoc=\"$still\"></iframe>"
        return folder.resolve("frame-$width.html").also { it.writeText(FRAME.replace("FRAME", frame)) }
    }

    /** What the script has read: by name. */
    private fun read(page: Path, isDark: Boolean): Map<String, String> {
        val lines = browser.dom(page, isDark).substringAfter("<pre id=\"read\">").substringBefore("</pre>")
        return lines.trim().lines().associate { it.substringBefore('=') to it.substringAfter('=') }
    }

    init {
        afterSpec {
            if (scene.isInitialized()) scene.value.close()
            browser.close()
        }

        for (width in listOf(360, 1280)) {
            for (isDark in listOf(false, true)) {
                val look = if (isDark) "dark" else "light"
                test("$width points wide and $look, it has the snapshot's figures, and nothing scrolls sideways")
                    .config(enabledOrReasonIf = browser.enabled) {
                        val page = framed(width)
                        val seen = read(page, isDark)
                        seen["width"] shouldBe "$width"
                        seen["sideways"] shouldBe ""
                        seen["held"] shouldBe "${snapshot.budget.used}"
                        for (pool in snapshot.pools) {
                            seen["pool " + visible(pool.name)] shouldBe "${pool.statistics!!.reserved}"
                        }
                        seen["map"] shouldBe if (width < 760) "tall" else "wide"
                        backgrounds[isDark] = seen.getValue("background")
                        backgrounds[!isDark] shouldNotBe backgrounds[isDark]
                        val height = seen.getValue("height").toInt()
                        browser.draw(page, isDark, width, height, folder.resolve("report-$width-$look.png"))
                    }
            }
        }
    }

    // As it comes out of a browser's own writer.
    private fun visible(name: String) = name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

    private companion object {
        val FRAME = """
            |<!doctype html><meta charset="utf-8">
            |<style>body { margin: 0 } iframe { border: 0; display: block } pre { display: none }</style>
            |FRAME<pre id="read"></pre>
            |<script>
            |onload = () => {
            |  const frame = document.querySelector("iframe"), page = frame.contentDocument, root = page.documentElement
            |  const lines = [], say = (name, value) => lines.push(name + "=" + value)
            |  say("width", frame.contentWindow.innerWidth)
            |  say("height", root.scrollHeight)
            |  frame.style.height = root.scrollHeight + "px"
            |  const wide = [...page.querySelectorAll("body, body *")]
            |    .filter(it => !it.closest("svg, .plot, thead") && it.getBoundingClientRect().right > root.clientWidth + 0.5)
            |  const sideways = root.scrollWidth > root.clientWidth ? ["page"] : []
            |  say("sideways", sideways.concat(wide.map(it => it.tagName + "." + it.className)).join(" "))
            |  say("held", page.querySelector("data.held").value)
            |  for (const row of page.querySelectorAll("tr.pool"))
            |    say("pool " + row.querySelector("bdi").textContent, row.querySelector("td data").value)
            |  const maps = [...page.querySelectorAll(".map")].filter(it => it.getClientRects().length > 0)
            |  say("map", maps.map(it => it.classList[1]).join(" "))
            |  say("background", page.defaultView.getComputedStyle(page.body).backgroundColor)
            |  document.querySelector("pre").textContent = lines.join("\n")
            |}
            |</script>
        """.trimMargin()
    }
}
