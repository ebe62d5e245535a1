package bank;

import static java.nio.charset.StandardCharsets.UTF_8;

import bank.Messages.Evidence;
import bank.Messages.Receipt;
import bank.Messages.Report;
import bank.Messages.Request;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.kafka.annotation.KafkaListener;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.stereotype.Component;

/** Reports the configured states on each loan request, and logs the receipts. */
@Component
class BankListener {
    private static final Logger LOG = LoggerFactory.getLogger(BankListener.class);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int REMEMBERED = 10_000;

    /** The ids seen last. Keep yours in the database, in the transaction that stores the request. */
    private final Map<String, Boolean> seen = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
            return size() > REMEMBERED;
        }
    };

    private final KafkaTemplate<String, String> kafka;
    private final String replies;
    private final List<String> states;
    private final String ratePercent;
    private final String reason;

    BankListener(
            KafkaTemplate<String, String> kafka,
            @Value("banks.${bank.code}.replies") String replies,
            @Value("${bank.states}") List<String> states,
            @Value("${bank.rate-percent}") String ratePercent,
            @Value("${bank.reason}") String reason) {
        this.kafka = kafka;
        this.replies = replies;
        this.states = states;
        this.ratePercent = ratePercent;
        this.reason = reason;
    }

    /** A message that came before, or of a type that is not handled here, is dropped: types may be added. */
    @KafkaListener(topics = "banks.${bank.code}.requests")
    void read(ConsumerRecord<String, String> message) throws JsonProcessingException {
        String id = header(message, "ce_id");
        String type = header(message, "ce_type");
        if (seen.containsKey(id) || !type.equals("bank.request.v1")) {
            LOG.info("dropped {} {}", type, id);
            return;
        }
        var request = JSON.readValue(message.value(), Request.class);
        for (String state : states) {
            send(report(request, state));
        }
        seen.put(id, true);
    }

    /** In a group of its own, so that neither listener waits when the other joins. */
    @KafkaListener(topics = "banks.${bank.code}.receipts", groupId = "bank-${bank.code}.receipts")
    void readReceipt(ConsumerRecord<String, String> message) throws JsonProcessingException {
        if (!header(message, "ce_type").equals("bank.receipt.v1")) {
            return;
        }
        var receipt = JSON.readValue(message.value(), Receipt.class);
        if (receipt.outcome().equals("refused")) {
            LOG.warn("refused {}: {} {} {}", receipt.reportId(), receipt.code(), receipt.field(), receipt.zh());
        } else {
            LOG.info("{} {}: {}", receipt.outcome(), receipt.reportId(), receipt.code());
        }
        for (var warning : receipt.warnings()) {
            LOG.warn("warning {}: {} {} {}", receipt.reportId(), warning.code(), warning.field(), warning.zh());
        }
    }

    /** Returns once the broker has the report. The leg is the key: its reports stay in order. */
    private void send(Report report) throws JsonProcessingException {
        var reply = new ProducerRecord<>(replies, report.leg(), JSON.writeValueAsString(report));
        reply.headers().add("ce_specversion", "1.0".getBytes(UTF_8)).add("ce_type", "bank.report.v1".getBytes(UTF_8));
        kafka.send(reply).join();
    }

    /** Its id follows from leg and state: sent again, it counts once. */
    private Report report(Request request, String state) {
        boolean approved = state.equals("approved");
        return new Report(
                request.leg().replace("/", "-") + "-" + state,
                request.leg(),
                state,
                new Evidence("信贷系统", "接口"),
                approved ? request.amount() : null,
                approved ? ratePercent : null,
                approved ? request.termMonths() : null,
                state.equals("declined") ? reason : null);
    }

    /** The header as text; empty where the message has none. */
    private static String header(ConsumerRecord<?, ?> message, String name) {
        Header header = message.headers().lastHeader(name);
        return header == null || header.value() == null ? "" : new String(header.value(), UTF_8);
    }
}
