package dev.leasehold.memory.crash

import dev.leasehold.testing.Effort
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.ints.shouldBeGreaterThan
import kotlin.random.Random

/** Any words in the structures of a file are an error or nothing; `MappedFuzzSoak` has a fuzzer choose them. */
class WordFuzzSpec : FunSpec({
    test("no word of a file makes a look at it fail other than by an error of the library") {
        WordFuzz.fuzzerInitialize()
        WordFuzz.choices shouldBeGreaterThan 500
        val random = Random(Effort.seed("words"))
        repeat(Effort.times(20_000)) { WordFuzz.fuzzerTestOneInput(random.nextBytes(11 * random.nextInt(1, 5))) }
    }
})
