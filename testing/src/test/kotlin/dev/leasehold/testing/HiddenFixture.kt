package dev.leasehold.testing

import java.net.URI
import java.nio.file.Path
import javax.tools.JavaFileObject
import javax.tools.SimpleJavaFileObject
import javax.tools.ToolProvider

internal const val HIDDEN_FIXTURE = "dev.leasehold.testing.fixture.hidden"

/** What Java sees of the fixture before anything is hidden, and is not API; `$` stands for the module's name. */
internal val HIDDEN_MEMBERS = listOf(
    "Account\$Draft",
    "Account\$Receipt.<init>(int)",
    "Account.<init>(String)",
    "Account.FEE",
    "Account.RATES",
    "Account.audit\$testing()",
    "Account.getBalance\$testing()",
    "Account.getNote\$testing()",
    "Account.limit",
    "Account.note",
    "Account.setBalance\$testing(long)",
    "Account.setLevel\$testing(int)",
    "Account.setNote\$testing(String)",
    "AccountKt.secretAccountOf(String)",
    "Bank.CODE",
    "Ledger\$Companion.blank\$testing()",
    "Ledger.PAGE",
    "Ledger.blank\$testing()",
    "Owner.<init>(String)",
)

/** What of the fixture no flag hides. */
internal val UNHIDEABLE = listOf("Coin.component1()", "Coin.copy(int)", "Vault", "VaultKt")

/** The standard library. */
internal val KOTLIN: Path = Path.of(Unit::class.java.protectionDomain.codeSource.location.toURI())

/** Whether [statement] compiles as a Java program's that has [classes] and imports the fixture. */
internal fun compilesInJava(statement: String, classes: Path, output: Path): Boolean {
    val program = "import $HIDDEN_FIXTURE.*;\nclass Program { static void run(Account account) { $statement } }"
    val source = object : SimpleJavaFileObject(URI.create("string:///Program.java"), JavaFileObject.Kind.SOURCE) {
        override fun getCharContent(ignoreEncodingErrors: Boolean): CharSequence = program
    }
    val options = listOf("-d", "$output", "-cp", "$classes${System.getProperty("path.separator")}$KOTLIN")
    return ToolProvider.getSystemJavaCompiler().getTask(null, null, {}, options, null, listOf(source)).call()
}
