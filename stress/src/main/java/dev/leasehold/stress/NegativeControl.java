package dev.leasehold.stress;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks the twin of a shipped algorithm from which one protection was taken. It must be seen to break, in the outcome that it grades as
 * interesting: or else the shipped one's clean record shows only that the test cannot see.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
@interface NegativeControl {
    /** The protection that is missing. */
    String without();
}
