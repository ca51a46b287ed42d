package dev.leasehold.samples.service

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldEndWith
import io.kotest.matchers.string.shouldStartWith
import java.util.concurrent.Callable
import java.util.concurrent.Executors

private fun tenThousand(first: String): String = (0..<10_000).joinToString("") { "$first$it;1.0\n" }

class ServiceAnswersSpec : FunSpec({
    test("a stream is answered with minimum, mean and maximum by station, sorted by name") {
        withService {
            talk("Kardal;10.0\nAnby;-3.4\nKardal;12.5\nÖrn;0.0\n") shouldBe
                "{Anby=-3.4/-3.4/-3.4, Kardal=10.0/11.3/12.5, Örn=0.0/0.0/0.0}"
        }
    }

    test("a stream without lines has no stations") {
        withService { talk("") shouldBe "{}" }
    }

    test("the mean is rounded half up, above and below zero") {
        withService {
            talk("a;0.1\na;0.2\nb;-0.1\nb;-0.2\nc;-0.1\nc;0.0\nd;0.0\nd;0.1\n") shouldBe
                "{a=0.1/0.2/0.2, b=-0.2/-0.1/-0.1, c=-0.1/0.0/0.0, d=0.0/0.1/0.1}"
        }
    }

    test("negative zero is zero") {
        withService { talk("a;-0.0\n") shouldBe "{a=0.0/0.0/0.0}" }
    }

    test("names are sorted by UTF-16 units, as strings are") {
        val names = listOf("\uFFFDz", "\uD800\uDF48", "\uE000", "z", "Ω", "\uD7FF", "zz", "\uD83C\uDFD4")
        withService {
            talk(names.joinToString("") { "$it;1.0\n" }) shouldBe
                names.sorted().joinToString(", ", "{", "}") { "$it=1.0/1.0/1.0" }
        }
    }

    test("ten thousand stations fit, with names of many lengths up to the longest") {
        val names = List(10_000) { i -> "$i" + "é".repeat(i % 48) }
        withService {
            talk(names.joinToString("") { "$it;1.5\n" }) shouldBe
                names.sorted().joinToString(", ", "{", "}") { "$it=1.5/1.5/1.5" }
        }
    }

    test("ten thousand stations with names of a hundred bytes fit, too") {
        val names = List(10_000) { i -> "%0100d".format(i) }
        withService {
            talk(names.joinToString("") { "$it;1.5\n" }) shouldBe
                names.joinToString(", ", "{", "}") { "$it=1.5/1.5/1.5" }
        }
    }

    test("a line may be cut anywhere between two reads") {
        val text = "Kardal;10.0\nåland and a name of more than sixteen bytes;-99.9\nb;1.2\n青嶺町;99.9\n"
        withService {
            val whole = talk(text)
            for (piece in 1..40) talk(text, piece) shouldBe whole
        }
    }

    test("many connections at a time do not meet, and add up to the total") {
        withService {
            val answers = Executors.newFixedThreadPool(8).use { executor ->
                val calls = List(64) { i -> Callable { talk("s${i % 8};$i.0\nown$i;1.0\n") } }
                executor.invokeAll(calls).map { it.get() }
            }
            answers shouldBe List(64) { i -> "{own$i=1.0/1.0/1.0, s${i % 8}=$i.0/$i.0/$i.0}" }
            val stations = service.total().removeSurrounding("{", "}").split(", ")
            stations.size shouldBe 72
            stations.first { it.startsWith("s3=") } shouldBe "s3=3.0/31.0/59.0"
            service.rows shouldBe 128
        }
    }

    test("streams that have more stations together than fit are answered, and there is no total of them") {
        withService {
            for (first in "abc") talk(tenThousand("$first")) shouldEndWith "=1.0/1.0/1.0}"
            talk("d;1.0\na0;3.0\n") shouldBe "{a0=3.0/3.0/3.0, d=1.0/1.0/1.0}"
            shouldThrow<IllegalStateException> { service.total() }.message shouldStartWith "all streams together"
        }
    }
})
