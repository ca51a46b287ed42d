package dev.leasehold.testing

/**
 * One verb on one kind of memory, which is made to fail somewhere.
 *
 * @property name what it is, in the test's name
 */
public abstract class FaultyVerb(public val name: String) {
    /** Everything that is to be there before the verb. */
    public abstract fun prepare()

    /** The verb. It may throw at any step. */
    public abstract fun run()

    /** Ends what the verb left open, as its caller would, with nothing in the way, and checks that nothing is lost. */
    public abstract fun settle()
}
