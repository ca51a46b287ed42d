package dev.leasehold.samples.guide

import dev.leasehold.memory.SystemMemoryManager
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe

/** The guide's snippets on pages do what the guide says of them. */
class PageSnippetsSpec : FunSpec({
    test("a page is found by the id that another page holds, after it has moved too, and by nobody when it is freed") {
        SystemMemoryManager("guide").use { manager ->
            Pages.references(manager).shouldContainExactly(4711, 4711, null)
            manager.stats().used shouldBe 0
        }
    }
})
