package dev.leasehold.memory.crash

import dev.leasehold.memory.support.ChildJvm
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.nio.file.Files
import kotlin.time.Duration.Companion.minutes

/** Ten million changes of a file's words, or `-Dleasehold.fuzz` of them, that a fuzzer chooses by what they reach. */
class MappedFuzzSoak : FunSpec({
    test("ten million damaged files are errors or work, and nothing else").config(timeout = 120.minutes) {
        val runs = System.getProperty("leasehold.fuzz") ?: "10000000"
        val folder = Files.createTempDirectory("fuzz")
        try {
            val fuzzer = ChildJvm.start(
                Class.forName("com.code_intelligence.jazzer.Jazzer").kotlin,
                listOf("-Xmx1g", ChildJvm.NATIVE_ACCESS),
                "--target_class=${WordFuzz::class.java.name}",
                "--instrumentation_includes=dev.leasehold.memory.internal.mapped.**",
                "--reproducer_path=$folder",
                "-runs=$runs",
                "-artifact_prefix=$folder/",
                "-rss_limit_mb=4096",
                "-timeout=60",
                "-max_len=88",
            )
            val output = fuzzer.inputStream.reader().readText()
            println(output.lines().takeLast(5).joinToString("\n"))
            output shouldContain "Done $runs runs"
            fuzzer.waitFor() shouldBe 0
        } finally {
            folder.toFile().deleteRecursively()
        }
    }
})
