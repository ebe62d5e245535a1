package bank;

import static org.springframework.util.backoff.FixedBackOff.UNLIMITED_ATTEMPTS;

import com.fasterxml.jackson.core.JsonProcessingException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.kafka.listener.DefaultErrorHandler;
import org.springframework.util.backoff.FixedBackOff;

/** A bank that answers loan requests, as docs/banks says. */
@SpringBootApplication
public class BankApplication {
    private static final Logger LOG = LoggerFactory.getLogger(BankApplication.class);

    public static void main(String[] arguments) {
        SpringApplication.run(BankApplication.class, arguments);
    }

    /** Tries a message until it succeeds, where Spring would skip it after ten attempts; what cannot be read is skipped. */
    @Bean
    DefaultErrorHandler errorHandler() {
        var handler = new DefaultErrorHandler(BankApplication::skip, new FixedBackOff(1_000, UNLIMITED_ATTEMPTS));
        handler.addNotRetryableExceptions(JsonProcessingException.class);
        return handler;
    }

    /** Logs where the message is and not what it holds: names and phones stay out of the log. */
    private static void skip(ConsumerRecord<?, ?> message, Exception error) {
        LOG.error("cannot be read: {}, partition {}, offset {}", message.topic(), message.partition(), message.offset());
    }
}
