package dev.leasehold.samples.service

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import java.util.concurrent.Callable
import java.util.concurrent.Executors

class ServiceAnswersSpec : FunSpec({
    for (kind in ServiceKind.entries) {
        context("served by ${kind.word}") {
            test("a stream is answered with minimum, mean and maximum by station, sorted by name") {
                withService(kind) {
                    talk("Kardal;10.0\nAnby;-3.4\nKardal;12.5\nÖrn;0.0\n") shouldBe
                        "{Anby=-3.4/-3.4/-3.4, Kardal=10.0/11.3/12.5, Örn=0.0/0.0/0.0}"
                }
            }

            test("a stream without lines has no stations") {
                withService(kind) { talk("") shouldBe "{}" }
            }

            test("the mean is rounded half up, above and below zero") {
                withService(kind) {
                    talk("a;0.1\na;0.2\nb;-0.1\nb;-0.2\nc;-0.1\nc;0.0\nd;0.0\nd;0.1\n") shouldBe
                        "{a=0.1/0.2/0.2, b=-0.2/-0.1/-0.1, c=-0.1/0.0/0.0, d=0.0/0.1/0.1}"
                }
            }

            test("negative zero is zero") {
                withService(kind) { talk("a;-0.0\n") shouldBe "{a=0.0/0.0/0.0}" }
            }

            test("names are sorted by UTF-16 units, as strings are") {
                val names = listOf("\uFFFDz", "\uD800\uDF48", "\uE000", "z", "Ω", "\uD7FF", "zz", "\uD83C\uDFD4")
                withService(kind) {
                    talk(names.joinToString("") { "$it;1.0\n" }) shouldBe
                        names.sorted().joinToString(", ", "{", "}") { "$it=1.0/1.0/1.0" }
                }
            }

            test("ten thousand stations fit, with names of many lengths") {
                val distinct = List(10_000) { i -> "$i" + "é".repeat(i % 48) }
                val lines = distinct.joinToString("") { "$it;1.5\n" }
                withService(kind) {
                    talk(lines) shouldBe distinct.sorted().joinToString(", ", "{", "}") { "$it=1.5/1.5/1.5" }
                }
            }

            test("a line may be cut anywhere between two reads") {
                val text = "Kardal;10.0\nåland and a name of more than sixteen bytes;-99.9\nb;1.2\n青嶺町;99.9\n"
                val whole = withAnswer(kind, text)
                for (piece in 1..40) withService(kind) { talk(text, piece) shouldBe whole }
            }

            test("many connections at a time do not meet, and add up to the total") {
                withService(kind) {
                    val answers = Executors.newFixedThreadPool(8).use { executor ->
                        executor.invokeAll(
                            List(64) { i ->
                                Callable { talk("s${i % 8};$i.0\nown$i;1.0\n") }
                            },
                        ).map { it.get() }
                    }
                    answers shouldBe List(64) { i ->
                        "{own$i=1.0/1.0/1.0, s${i % 8}=$i.0/$i.0/$i.0}"
                    }
                    val stations = service.total().removeSurrounding("{", "}").split(", ")
                    stations.size shouldBe 72
                    stations.first { it.startsWith("s3=") } shouldBe "s3=3.0/31.0/59.0"
                    service.rows shouldBe 128
                }
            }

            test("streams may have more stations together than one may have alone") {
                withService(kind) {
                    talk(List(10_000) { "a$it;1.0\n" }.joinToString(""))
                    talk("b;1.0\na0;3.0\n") shouldBe "{a0=3.0/3.0/3.0, b=1.0/1.0/1.0}"
                    service.total().startsWith("{a0=1.0/2.0/3.0, a1=") shouldBe true
                    service.total().endsWith(", b=1.0/1.0/1.0}") shouldBe true
                }
            }
        }
    }

    test("the answer does not depend on the size of the buffer that is read into") {
        val text = StationNames.make(300).joinToString("") { "$it;-12.3\n" }.repeat(3)
        val whole = withAnswer(ServiceKind.PLATFORM, text)
        for (size in 512L..700L step 17) withService(bufferSize = size) { talk(text) shouldBe whole }
    }
})

private fun withAnswer(kind: ServiceKind, text: String): String {
    var answer = ""
    withService(kind) { answer = talk(text) }
    return answer
}
